import type { AccessRecord } from '@munjigi/contracts/access'
import type { VerifiedToken } from '@munjigi/identity/verified-token'
import { accountDisabled, accountRejected, sessionEnded, tokenOutdated } from './problems.ts'

/** @throws Problem 401 or 403 unless this token of this person still counts, wherever it is used. */
export function requireStanding(token: VerifiedToken, record: AccessRecord | undefined): void {
  if (record === undefined) return
  // Shutting somebody out ends their tokens too, and signing in again would not help them: so the reason comes first.
  if (record.status === 'disabled') throw accountDisabled()
  if (record.status !== 'active') throw accountRejected()
  if (token.iat < record.valid_from) throw tokenOutdated()
  if (token.sid !== undefined && record.ended_sids.includes(token.sid)) throw sessionEnded()
}
