/** A refusal of the API: `type` is the slug of `/problems/<slug>`. */
export class ApiProblem extends Error {
  readonly status: number
  readonly type: string
  readonly requestId: string | undefined

  constructor(status: number, type: string, requestId: string | undefined) {
    super(type)
    this.name = 'ApiProblem'
    this.status = status
    this.type = type
    this.requestId = requestId
  }
}

/** Whatever stands between us and the API may answer in HTML: then the status alone counts. */
export async function readProblem(response: Response): Promise<ApiProblem> {
  const body: unknown = await response.json().catch(() => undefined)
  const { type, request_id } = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>
  const slug = typeof type === 'string' ? type.replace(/^\/problems\//, '') : 'unknown'
  return new ApiProblem(response.status, slug, typeof request_id === 'string' ? request_id : undefined)
}
