import { isAdminRole } from '@munjigi/identity/roles'
import type { VerifiedToken } from '@munjigi/identity/verified-token'
import type { Kysely } from 'kysely'
import { recordEvent } from '../audit/audit.ts'
import type { UserDeps } from '../deps.ts'
import { findPerson, type PersonRow } from '../people/person-rows.ts'
import { listSections } from '../people/sections.ts'
import { isActive } from '../people/standing.ts'
import { unknownCredential, unknownPerson } from '../problems.ts'
import type { Tables } from '../tables.ts'
import type { TokenFacts } from '../tokens/access-token.ts'
import { timesWithin } from '../tokens/token-times.ts'
import { actingRefused } from './problems.ts'

/** A client account acts for a person with that person's rights (RFC 8693 §4.1), held to one module and written down. */
export async function actFor(
  { db }: UserDeps,
  token: VerifiedToken,
  { act_for, module }: { act_for: string; module: string },
  requestId: string,
): Promise<{ person: PersonRow; facts: TokenFacts }> {
  const { clientId, claims, issuer, subject } = token
  if (clientId === undefined || typeof claims.jti !== 'string') throw actingRefused('Only a client account may act')
  const allowed = issuer.act_for_users
  const modules = allowed !== undefined && Object.hasOwn(allowed, clientId) ? allowed[clientId]?.modules : undefined
  if (!modules?.includes(module)) throw actingRefused('act_for_users does not list this client and module')
  const times = timesWithin(token)
  const person = await findPerson(db, act_for)
  if (person === undefined) throw unknownPerson()
  await assertMayBeActedFor(db, person)
  if (times.iat < person.valid_from) throw unknownCredential()
  await db.transaction().execute((trx) =>
    recordEvent(trx, {
      actor: subject,
      action: 'person.acted-for',
      target: person.sub,
      tenant_id: person.tenant_id,
      request_id: requestId,
      details: { client_id: clientId, module, issuer: issuer.issuer },
    }),
  )
  const act = { sub: subject, client_id: clientId }
  return { person, facts: { ...times, sid: claims.jti, act, scope: module } }
}

/** @throws Problem 403 `acting-refused` where a client would gain power over others, or the person may do nothing themselves. */
export async function assertMayBeActedFor(db: Kysely<Tables>, person: PersonRow): Promise<void> {
  if (!isActive(person) || person.role === 'PENDING') {
    throw actingRefused('This person may not use the platform now')
  }
  if (person.superuser || isAdminRole(person.role)) throw actingRefused('Nobody acts for an administrator')
  const sections = await listSections(db, person)
  if (sections.some(({ level }) => level === 'admin')) throw actingRefused('Nobody acts for an administrator')
}
