import { type EgressAnswer, headerValues } from '../egress/egress.ts'
import { meetsBodyCheck } from '../extraction/body-check.ts'
import type { LoginRequest } from '../profiles/profile.ts'
import { LoginError } from './login-error.ts'
import type { FailureClass } from './login-outcome.ts'

const LONGEST_RETRY_AFTER_MS = 5 * 60_000
const NOT_STATED = 'not the stated success, so the credentials are probably not taken'
const CREDENTIALS = new Set([400, 401, 403, 422])

/** Whether an answer is the success that its request states (default: status 200 to 399). @throws LoginError where not. */
export function requireSuccess(answer: EgressAnswer, { success }: LoginRequest, now: number): void {
  const { status } = answer
  const isStated = success?.status ? success.status.includes(status) : status >= 200 && status < 400
  if (!isStated) {
    const [kind, meaning] = meaningOf(status)
    const waits = kind === 'rate-limited' || kind === 'outage'
    throw new LoginError(kind, `HTTP ${status}: ${meaning}`, waits ? retryAfter(answer, now) : undefined)
  }
  const holds = success?.body ? meetsBodyCheck(answer, success.body) : true
  if (holds === undefined) throw new LoginError('bad-answer', `HTTP ${status}: the answer is no JSON that can be read`)
  if (!holds) throw new LoginError('credentials', `HTTP ${status}: ${NOT_STATED}`)
}

function meaningOf(status: number): [FailureClass, string] {
  if (status === 429) return ['rate-limited', 'too many requests']
  if (status >= 500 || status === 408) return ['outage', 'the outside service is out of order']
  if (CREDENTIALS.has(status)) return ['credentials', 'these credentials are not taken']
  if (status < 400) return ['credentials', NOT_STATED]
  return ['bad-answer', 'this address does not answer as a login does']
}

/** RFC 9110 §10.2.3: seconds or a date. */
function retryAfter({ headers }: EgressAnswer, now: number): number | undefined {
  const text = headerValues(headers, 'retry-after')[0]?.trim()
  if (text === undefined) return undefined
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now
  return ms > 0 ? Math.min(ms, LONGEST_RETRY_AFTER_MS) : undefined
}
