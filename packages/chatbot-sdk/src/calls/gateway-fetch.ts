import { X_USER_SUB } from '@munjigi/contracts/headers'
import {
  type Dispatcher,
  Headers,
  Pool,
  FormData as UndiciFormData,
  type RequestInit as UndiciInit,
  fetch as undiciFetch,
} from 'undici'
import { gatewayUnavailable } from '../problems.ts'
import { modulePath } from './module-path.ts'

/** Until an answer begins, and then between its parts: whole answers may be long. */
const SILENCE_LIMIT_MS = 10_000
const CONNECT_LIMIT_MS = 3_000
/** What is left of answers when a process closes: a body that nobody reads would never end. */
const BODIES_LIMIT_MS = 2_000

/** Whom a request is made as. */
export interface Credential {
  sub: string
  access_token: string
}

export interface Gateway {
  /** Knows the authority of the gateway's certificate. */
  readonly dispatcher: Dispatcher
  /**
   * Asks a module as whoever `credentialFor` gives, once more where the first credential is answered 401 and the body can be sent
   * twice; `credentialFor` is told so. Redirects are not followed. Without a signal of the caller's it waits for 10 s at most.
   * @throws Problem 400 `path-refused`, 503 `gateway-unavailable`; the signal's reason; what `credentialFor` throws
   */
  fetch(service: string, path: string, init: RequestInit | undefined, credentialFor: CredentialFor): Promise<Response>
  /** Lets what is under way finish. */
  close(): Promise<void>
}

type CredentialFor = (wasRefused: boolean) => Promise<Credential>

export function createGateway({ gatewayUrl, gatewayCa }: { gatewayUrl: string; gatewayCa?: string }): Gateway {
  const origin = gatewayUrl.replace(/\/+$/, '')
  const pool = new Pool(new URL(origin).origin, {
    allowH2: false,
    headersTimeout: SILENCE_LIMIT_MS,
    bodyTimeout: SILENCE_LIMIT_MS,
    connect: { timeout: CONNECT_LIMIT_MS, ...(gatewayCa !== undefined && { ca: gatewayCa }) },
  })
  // Over the same connections, for callers who say themselves how long they wait.
  const patient = pool.compose(
    (dispatch) => (request, handler) => dispatch({ ...request, headersTimeout: 0, bodyTimeout: 0 }, handler),
  )

  async function send(url: string, init: UndiciInit | undefined, { sub, access_token }: Credential): Promise<Response> {
    const ours = { authorization: `Bearer ${access_token}`, [X_USER_SUB]: sub }
    const answer = await undiciFetch(url, {
      ...init,
      headers: init?.headers === undefined ? ours : withOurs(init.headers, ours),
      // Followed, a redirect would carry the body and our headers wherever it points.
      redirect: init?.redirect === 'error' ? 'error' : 'manual',
      dispatcher: init?.signal ? patient : pool,
    }).catch(asOutage)
    return answer as unknown as Response
  }

  let underWay = 0
  let drained = Promise.withResolvers<void>()

  async function ask(url: string, init: UndiciInit | undefined, credentialFor: CredentialFor): Promise<Response> {
    const credential = (wasRefused: boolean) => whileWanted(() => credentialFor(wasRefused), init?.signal)
    const first = await send(url, init, await credential(false))
    if (first.status !== 401 || !isWhole(init?.body)) return first
    await first.body?.cancel()
    return send(url, init, await credential(true))
  }

  return {
    dispatcher: pool,
    async fetch(service, path, init, credentialFor) {
      const url = origin + modulePath(service, path)
      underWay += 1
      try {
        return await ask(url, asUndicis(init), credentialFor)
      } finally {
        underWay -= 1
        if (underWay === 0) drained.resolve()
      }
    },
    async close() {
      drained = Promise.withResolvers()
      if (underWay > 0) await drained.promise
      const cut = setTimeout(() => void pool.destroy(), BODIES_LIMIT_MS)
      await pool.close()
      clearTimeout(cut)
    },
  }
}

/** undici knows no form but its own: Node's would be sent as the text `[object FormData]`. */
function asUndicis(init: RequestInit | undefined): UndiciInit | undefined {
  if (!(init?.body instanceof FormData)) return init as unknown as UndiciInit | undefined
  const form = new UndiciFormData()
  for (const [name, value] of init.body) form.append(name, value)
  return { ...(init as unknown as UndiciInit), body: form }
}

/** A caller may give up; the work goes on without them. */
async function whileWanted<T>(work: () => Promise<T>, signal: AbortSignal | null | undefined): Promise<T> {
  if (!signal) return work()
  signal.throwIfAborted()
  const { promise: isGivenUp, reject } = Promise.withResolvers<never>()
  const giveUp = () => reject(signal.reason)
  signal.addEventListener('abort', giveUp)
  try {
    return await Promise.race([work(), isGivenUp])
  } finally {
    signal.removeEventListener('abort', giveUp)
  }
}

function withOurs(theirs: UndiciInit['headers'], ours: Record<string, string>): Headers {
  const headers = new Headers(theirs)
  for (const [name, value] of Object.entries(ours)) headers.set(name, value)
  return headers
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
  throw error
}
