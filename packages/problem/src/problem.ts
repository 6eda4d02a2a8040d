interface ProblemOptions {
  /** What the caller can do about it; part of the contract where a source document fixes the text. */
  detail?: string
  cause?: unknown
  /** Sent with the answer, for example `retry-after` or `www-authenticate`. */
  headers?: Record<string, string>
  /** Further members of the problem body (RFC 9457 §3.2), snake_case. */
  extensions?: Record<string, unknown>
}

/** The JSON body of a refused request: RFC 9457 with `request_id` added. */
export interface ProblemBody {
  type: string
  title: string
  status: number
  detail?: string
  request_id?: string
  [extension: string]: unknown
}

/** A refusal that the caller is meant to see; everything else that is thrown is a bug and answered as an opaque 500. */
export class Problem extends Error {
  readonly status: number
  /** The slug of `/problems/<slug>`: stable, tested, listed in the service's README. */
  readonly type: string
  readonly title: string
  readonly detail: string | undefined
  readonly headers: Record<string, string>
  readonly extensions: Record<string, unknown>

  constructor(status: number, type: string, title: string, options: ProblemOptions = {}) {
    super(title, { cause: options.cause })
    this.name = 'Problem'
    this.status = status
    this.type = type
    this.title = title
    this.detail = options.detail
    this.headers = options.headers ?? {}
    this.extensions = options.extensions ?? {}
  }

  body(requestId?: string): ProblemBody {
    return {
      type: `/problems/${this.type}`,
      title: this.title,
      status: this.status,
      ...(this.detail !== undefined && { detail: this.detail }),
      ...(requestId !== undefined && { request_id: requestId }),
      ...this.extensions,
    }
  }
}
