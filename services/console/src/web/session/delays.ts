const FIRST_POLL_MS = 2_000
const LAST_POLL_MS = 15_000
const FIRST_RETRY_MS = 1_000
const LAST_RETRY_MS = 30_000
const LEAD_MS = 60_000

const grown = (first: number, last: number, factor: number, attempt: number) =>
  Math.min(last, first * factor ** attempt)

/** Between two looks whether somebody was approved. */
export const pollDelayMs = (attempt: number): number => grown(FIRST_POLL_MS, LAST_POLL_MS, 1.3, attempt)

/** Between two tries at a server that does not answer. */
export const retryDelayMs = (attempt: number): number => grown(FIRST_RETRY_MS, LAST_RETRY_MS, 2, attempt)

/** A token is renewed a minute before it ends, a short one after four fifths of its life. */
export const renewalDelayMs = (lifetimeMs: number): number => Math.max(lifetimeMs - LEAD_MS, lifetimeMs * 0.8)
