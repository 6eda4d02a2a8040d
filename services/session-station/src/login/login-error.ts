import { EgressError } from '../egress/egress.ts'
import type { FailureClass, LoginFailure } from './login-outcome.ts'

/** What ends a login or a renewal before its aim; `message` is the owner's to read. */
export class LoginError extends Error {
  readonly failure: LoginFailure
  constructor(kind: FailureClass, message: string, retryAfterMs?: number) {
    super(message)
    this.name = 'LoginError'
    this.failure = { kind, message, ...(retryAfterMs !== undefined && { retryAfterMs }) }
  }
}

const SENTENCES: Record<EgressError['kind'], [FailureClass, string]> = {
  address: ['refused', 'the address of this host is not allowed; an operator decides, by EGRESS_ALLOW'],
  connection: ['outage', 'no connection could be made'],
  timeout: ['outage', 'no whole answer came in time'],
  closed: ['outage', 'the connection was closed before the whole answer had come'],
  'too-large': ['bad-answer', 'the answer is too large'],
  redirect: ['refused', 'it redirects too often, or to where nothing is sent'],
  encoding: ['bad-answer', 'the answer could not be decompressed'],
}

/** The failure behind whatever a login threw. @throws what is none. */
export function failureBehind(error: unknown, signal: AbortSignal | undefined): LoginFailure {
  if (error instanceof LoginError) return error.failure
  if (signal?.aborted) return { kind: 'outage', message: 'it was given up before its end' }
  if (!(error instanceof EgressError)) throw error
  const [kind, message] = SENTENCES[error.kind]
  return { kind, message }
}
