import type { Failure } from './mail-api.ts'

const FIRST_WAIT_MS = 5_000
const LONGEST_WAIT_MS = 3_600_000
const LONGEST_ASKED_MS = 86_400_000
const MOST_REFUSALS = 5
export const GIVEN_UP_AFTER_MS = 14 * 86_400_000

interface Tried {
  attempts: number
  created_at: Date
}

/** When a notice is tried again, twice as late each time and spread by half; null where it is given up. */
export function nextAttempt({ attempts, created_at }: Tried, failure: Failure, now: number): Date | null {
  if (failure.isRefusal && attempts >= MOST_REFUSALS) return null
  if (now - created_at.getTime() >= GIVEN_UP_AFTER_MS) return null
  const wait = Math.min(FIRST_WAIT_MS * 2 ** (attempts - 1), LONGEST_WAIT_MS) * (0.75 + Math.random() / 2)
  return new Date(now + Math.max(wait, Math.min(failure.retryAfter, LONGEST_ASKED_MS)))
}
