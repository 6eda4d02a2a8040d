import type { Dispatcher } from 'undici'

/** What leaves this service leaves here (DESIGN §9): on addresses that were checked, within limits of time and size. */
export interface Egress {
  /** One request and the redirects that follow it, its answer whole in memory. @throws EgressError */
  request(request: EgressRequest): Promise<EgressAnswer>
  /** Checked connections for streaming; never follows a redirect, never decompresses. Its errors: `asEgressError`. */
  dispatcher: Dispatcher
  close(): Promise<void>
}

export interface EgressRequest {
  url: URL
  method: string
  /** Names in lower case. They are the secrets of the first origin: dropped where a redirect leaves it. */
  headers: Record<string, string>
  body?: string
  /** Milliseconds for everything, redirects and body included. */
  timeoutMs: number
  /** False: a redirect is the answer. */
  followRedirects: boolean
  cookies?: Cookies
  signal?: AbortSignal
}

/** The jar of a login, asked and told at every hop. */
export interface Cookies {
  /** `Cookie` for that URL, or undefined. */
  headerFor(url: URL): string | undefined
  take(url: URL, setCookies: string[]): void
}

export interface EgressAnswer {
  /** Of the last hop. */
  url: URL
  status: number
  /** Pairs in the order they came, names in lower case. */
  headers: [name: string, value: string][]
  /** Decompressed. */
  body: Buffer
}

/** All lines of a header in the order they came; the name in lower case. */
export const headerValues = (headers: EgressAnswer['headers'], name: string): string[] =>
  headers.filter(([given]) => given === name).map(([, value]) => value)

/**
 * address: refused before anything was sent. connection: nobody there, TLS failed. timeout, closed: it may have been
 * received. too-large: body, headers or ratio. redirect: too many, or not an http address. encoding: not decompressible.
 */
type EgressFailure = 'address' | 'connection' | 'timeout' | 'closed' | 'too-large' | 'redirect' | 'encoding'

export class EgressError extends Error {
  readonly kind: EgressFailure
  /** Whether the target may have read the request. */
  readonly wasSent: boolean
  constructor(kind: EgressFailure, message: string, options: { wasSent: boolean; cause?: unknown }) {
    super(message, { cause: options.cause })
    this.name = 'EgressError'
    this.kind = kind
    this.wasSent = options.wasSent
  }
}
