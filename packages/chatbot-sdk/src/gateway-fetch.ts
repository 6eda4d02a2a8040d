import { Agent, Headers, type RequestInit as UndiciInit, fetch as undiciFetch } from 'undici'
import { modulePath } from './module-path.ts'
import { gatewayUnavailable } from './problems.ts'

const DEADLINE_MS = 10_000
const CONNECT_LIMIT_MS = 3_000

/** Whom a request is made as. */
export interface Credential {
  sub: string
  access_token: string
}

export interface Gateway {
  /** Knows the authority of the gateway's certificate. */
  readonly agent: Agent
  /**
   * Asks a module as whoever `credentialFor` gives, once more where the first credential is answered 401 and the body can be sent
   * twice; `credentialFor` is told so. Redirects are not followed. Without a signal of the caller's it takes 10 s at most.
   * @throws Problem 400 `path-refused`, 503 `gateway-unavailable`; the signal's reason; what `credentialFor` throws
   */
  fetch(
    service: string,
    path: string,
    init: RequestInit | undefined,
    credentialFor: (wasRefused: boolean) => Promise<Credential>,
  ): Promise<Response>
  close(): Promise<void>
}

export function createGateway({ gatewayUrl, gatewayCa }: { gatewayUrl: string; gatewayCa?: string }): Gateway {
  const agent = new Agent({
    allowH2: false,
    connect: { timeout: CONNECT_LIMIT_MS, ...(gatewayCa !== undefined && { ca: gatewayCa }) },
  })
  const origin = gatewayUrl.replace(/\/+$/, '')

  async function send(url: string, init: UndiciInit | undefined, { sub, access_token }: Credential): Promise<Response> {
    const headers = new Headers(init?.headers)
    headers.set('authorization', `Bearer ${access_token}`)
    headers.set('x-user-sub', sub)
    const answer = await undiciFetch(url, {
      ...init,
      signal: init?.signal ?? AbortSignal.timeout(DEADLINE_MS),
      headers,
      // Followed, a redirect would carry the body and our headers wherever it points.
      redirect: init?.redirect === 'error' ? 'error' : 'manual',
      dispatcher: agent,
    }).catch(asOutage)
    return answer as unknown as Response
  }

  return {
    agent,
    async fetch(service, path, init, credentialFor) {
      const url = origin + modulePath(service, path)
      const asked = init as UndiciInit | undefined
      const first = await send(url, asked, await credentialFor(false))
      if (first.status !== 401 || !isWhole(init?.body)) return first
      await first.body?.cancel()
      return send(url, asked, await credentialFor(true))
    },
    close: () => agent.close(),
  }
}

const WHOLE: readonly unknown[] = ['Blob', 'File', 'FormData', 'URLSearchParams']

/** Whether a body is still there after it was sent: a stream is not. */
function isWhole(body: unknown): boolean {
  if (body === undefined || body === null || typeof body === 'string') return true
  if (body instanceof ArrayBuffer || ArrayBuffer.isView(body)) return true
  return WHOLE.includes((body as { [Symbol.toStringTag]?: unknown })[Symbol.toStringTag])
}

/** `fetch` hangs what went wrong on the way on its error; without it the request itself was wrong. */
function asOutage(error: unknown): never {
  if (error instanceof TypeError && error.cause !== undefined) throw gatewayUnavailable(error.cause)
  if (error instanceof DOMException && error.name === 'TimeoutError') throw gatewayUnavailable(error)
  throw error
}
