import type { LoginFailure } from '../login/login-outcome.ts'

const FAILURE_MS = 5_000
const FAILURES_TO_NEEDS_AUTH = 5
const OUTAGE_MS = 1_000
const LONGEST_MS = 5 * 60_000

export interface InARow {
  /** Other than outages. */
  failures: number
  outages: number
}

export interface CoolDown extends InARow {
  /** Until when nobody tries again. */
  waitMs: number
  /** Nobody tries again before the profile is changed. */
  needsAuth: boolean
}

/**
 * What follows a failed login. An outage says nothing of the credentials, so it does not end a row of refusals; `chance` (0 to 1)
 * spreads those who come back when it ends.
 */
export function coolDown({ failures, outages }: InARow, failure: LoginFailure, chance: number): CoolDown {
  const { kind, retryAfterMs } = failure
  if (kind !== 'outage' && kind !== 'rate-limited') {
    const waitMs = Math.min(FAILURE_MS * 2 ** failures, LONGEST_MS)
    return { failures: failures + 1, outages: 0, waitMs, needsAuth: failures + 1 >= FAILURES_TO_NEEDS_AUTH }
  }
  const wholeMs = Math.min(OUTAGE_MS * 2 ** outages, LONGEST_MS)
  const waitMs = Math.min(retryAfterMs ?? wholeMs * (0.5 + chance / 2), LONGEST_MS)
  return { failures, outages: outages + 1, waitMs: Math.round(waitMs), needsAuth: false }
}
