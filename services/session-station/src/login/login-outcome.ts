import type { EgressAnswer } from '../egress/egress.ts'

/**
 * credentials: the target says they are wrong. outage: it did not answer, or 5xx. rate-limited: 429. bad-answer: success was
 * stated otherwise, or a value that is needed did not come. refused: our own rules, nothing was sent where it would have gone.
 */
export type FailureClass = 'credentials' | 'outage' | 'rate-limited' | 'bad-answer' | 'refused'

export interface LoginFailure {
  kind: FailureClass
  /** A sentence for the owner, without secrets and without a word of the target. */
  message: string
  /** Of the target's Retry-After. */
  retryAfterMs?: number
}

/** What a login or a renewal has made. */
export interface LoggedIn {
  fields: Record<string, string>
  /** Serialised cookie jar; undefined where the target set none. */
  jar: string | undefined
  /** Epoch in milliseconds: the earliest end among what the target stated; undefined where it stated none. */
  endsAt: number | undefined
}

export interface LoginOutcome {
  /** Undefined: it failed. */
  result: LoggedIn | undefined
  failure: LoginFailure | undefined
  /** Of a failed one: what came all the same; of a renewal to be kept (a rotated refresh token). */
  salvaged: Record<string, string>
  /** Of the last answer; undefined where none came. */
  status: number | undefined
  /** The last answer itself: for the owner's test alone, never kept. */
  answer: EgressAnswer | undefined
  /** What `totp_used` of the profile is from now on, whether it failed or not: to be stored with either. */
  totp_used: Record<string, number>
  /** Whether the target may have read the request whose answer is missing. */
  wasSent: boolean
  durationMs: number
}
