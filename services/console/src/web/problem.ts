interface Told {
  requestId?: string
  /** Of Retry-After. */
  waitSeconds?: number
  /** What is wrong with which field of the body. */
  faults?: Fault[]
}

interface Fault {
  field: string
  message: string
}

/** A refusal of the API: `type` is the slug of `/problems/<slug>`. */
export class ApiProblem extends Error {
  readonly status: number
  readonly type: string
  readonly requestId: string | undefined
  readonly waitSeconds: number | undefined
  readonly faults: Fault[]

  constructor(status: number, type: string, { requestId, waitSeconds, faults = [] }: Told = {}) {
    super(type)
    this.name = 'ApiProblem'
    this.status = status
    this.type = type
    this.requestId = requestId
    this.waitSeconds = waitSeconds
    this.faults = faults
  }
}

/** Whatever stands between us and the API may answer in HTML: then the status alone counts. */
export async function readProblem(response: Response): Promise<ApiProblem> {
  const body: unknown = await response.json().catch(() => undefined)
  const { type, request_id, faults } = (typeof body === 'object' && body !== null ? body : {}) as Record<
    string,
    unknown
  >
  const slug = typeof type === 'string' ? type.replace(/^\/problems\//, '') : 'unknown'
  const waitSeconds = Number(response.headers.get('retry-after'))
  return new ApiProblem(response.status, slug, {
    ...(typeof request_id === 'string' && { requestId: request_id }),
    ...(waitSeconds > 0 && { waitSeconds }),
    ...(Array.isArray(faults) && { faults: faults as Fault[] }),
  })
}
