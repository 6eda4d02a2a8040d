import type { VerifiedToken } from '@munjigi/identity/verified-token'
import type { Problem } from '@munjigi/problem'
import type { Kysely } from 'kysely'
import { sessionEnded, unknownPerson } from '../problems.ts'
import { findSession } from '../sessions/sessions.ts'
import type { Tables } from '../tables.ts'
import { findPerson, findPersonByName, type PersonRow } from './person-rows.ts'
import { accountDisabled, accountRejected, tenantSuspended, tokenOutdated } from './problems.ts'

/** @throws Problem 403 unless the person and their tenant may use the platform; PENDING is no hindrance. */
export function assertActive(person: Pick<PersonRow, 'status' | 'tenant_status'>): void {
  if (person.status === 'disabled') throw accountDisabled()
  if (person.status === 'rejected') throw accountRejected()
  if (person.tenant_status === 'suspended') throw tenantSuspended()
}

export const isActive = ({ status, tenant_status }: Pick<PersonRow, 'status' | 'tenant_status'>): boolean =>
  status === 'active' && tenant_status === 'active'

interface Shown {
  /** When the token that was shown was issued, in seconds. */
  iat: number
  session: { ended_at: Date | null } | undefined
}

/**
 * Checks that the person may use the platform, and that their token or session has not ended; `over` replaces the problem of an end.
 * @throws Problem 403 by the account, else 401.
 */
export function assertStanding(person: PersonRow, { iat, session }: Shown, over?: () => Problem): void {
  // Shutting somebody out ends their sessions too, and signing in again would not help them: so the reason comes first.
  assertActive(person)
  if (iat < person.valid_from) throw (over ?? tokenOutdated)()
  if (session !== undefined && session.ended_at !== null) throw (over ?? sessionEnded)()
}

/** Whose a verified token is, and its session where it is ours: both as the database knows them now. */
export async function requireStanding(db: Kysely<Tables>, token: VerifiedToken, over?: () => Problem) {
  const { issuer, sub, sid, iat } = token
  if (token.clientId !== undefined || issuer.people !== 'shared') throw unknownPerson()
  const isOurs = issuer.isPlatform
  const person = await (isOurs ? findPerson(db, sub) : findPersonByName(db, { issuer: issuer.issuer, sub }))
  if (person === undefined) throw unknownPerson()
  const session = isOurs && sid !== undefined ? await findSession(db, sid) : undefined
  assertStanding(person, { iat, session }, over)
  return { person, session }
}
