import { sql, type Transaction } from 'kysely'
import { recordEvent } from '../audit/audit.ts'
import type { Tables } from '../tables.ts'
import { ensureDefaultTenant } from '../tenants/default-tenant.ts'
import { nowSeconds } from '../tokens/token-times.ts'
import type { SignedIn } from './idp.ts'
import type { Newcomer } from './newcomer.ts'
import { loginIdTaken } from './problems.ts'

/**
 * The subject of the person bound to (iss, sub), who is brought up to date or made. Of two first logins at once, the unique
 * constraints let one make the person, and the other finds them.
 * @throws Problem 403 `login-id-taken` where the login id, or the subject, is somebody else's.
 */
export async function provision(trx: Transaction<Tables>, who: Newcomer): Promise<string> {
  let sub = (await findBound(trx, who)) ?? (await bindImported(trx, who))
  if (sub === undefined) {
    const isMade = await insertPerson(trx, who)
    sub = isMade ? who.sub : await findBound(trx, who)
    if (sub === undefined) throw loginIdTaken()
  }
  await updatePerson(trx, sub, who)
  return sub
}

async function findBound(trx: Transaction<Tables>, { identity }: Newcomer): Promise<string | undefined> {
  const name = await trx
    .selectFrom('person_names')
    .select('person_sub')
    .where('issuer', '=', identity.issuer)
    .where('sub', '=', identity.sub)
    .executeTakeFirst()
  return name?.person_sub
}

/** Of sign-ins that want the same imported person at once the database lets one have them. */
async function bindImported(trx: Transaction<Tables>, who: Newcomer): Promise<string | undefined> {
  const { issuer, sub } = who.identity
  const person = await trx
    .updateTable('people')
    .set({ binds_at_sso: false })
    .where(sql<string>`lower(user_id)`, '=', sql<string>`lower(${who.profile.user_id})`)
    .where('binds_at_sso', '=', true)
    // An administrator may have bound them meanwhile.
    .where(({ exists, not, selectFrom }) =>
      not(exists(selectFrom('person_names').select('sub').whereRef('person_sub', '=', 'people.sub'))),
    )
    .returning(['sub', 'tenant_id'])
    .executeTakeFirst()
  if (person === undefined) return undefined
  await trx.insertInto('person_names').values({ issuer, sub, person_sub: person.sub }).execute()
  await recordEvent(trx, {
    ...eventOf(who, person.sub),
    tenant_id: person.tenant_id,
    action: 'person.bound',
    details: { user_id: who.profile.user_id, issuer },
  })
  return person.sub
}

async function insertPerson(trx: Transaction<Tables>, who: Newcomer): Promise<boolean> {
  await ensureDefaultTenant(trx, who.tenantId)
  const made = await trx
    .insertInto('people')
    .values({
      sub: who.sub,
      user_id: who.profile.user_id,
      tenant_id: who.tenantId,
      ...rolesOf(who),
      email: null,
      last_login_at: null,
    })
    .onConflict((conflict) => conflict.doNothing())
    .returning('sub')
    .executeTakeFirst()
  if (made === undefined) return false
  const { issuer, sub } = who.identity
  await trx.insertInto('person_names').values({ issuer, sub, person_sub: who.sub }).execute()
  await recordEvent(trx, {
    ...eventOf(who, who.sub),
    action: 'person.provisioned',
    details: { user_id: who.profile.user_id, issuer },
  })
  return true
}

async function updatePerson(trx: Transaction<Tables>, sub: string, who: Newcomer): Promise<void> {
  const before = await trx
    .selectFrom('people')
    .select(['tenant_id', 'role', 'superuser', 'realm_access', 'resource_access', 'rights_changed_at', 'last_login_at'])
    .where('sub', '=', sub)
    .forUpdate()
    .executeTakeFirstOrThrow()
  const roles = rolesOf(who)
  const isMadeAdmin = who.isInitialAdmin && !(before.role === 'ADMIN' && before.superuser)
  const changesRights =
    isMadeAdmin ||
    roles.realm_access !== textOf(before.realm_access) ||
    roles.resource_access !== textOf(before.resource_access)
  await trx
    .updateTable('people')
    .set({
      ...who.profile,
      ...roles,
      last_login_at: new Date(),
      ...(isMadeAdmin && { role: 'ADMIN', superuser: true }),
      // Nobody holds a token of the time before the first sign-in.
      ...(changesRights && before.last_login_at !== null && { rights_changed_at: nowSeconds() }),
    })
    .where('sub', '=', sub)
    .execute()
  const { tenant_id } = before
  if (isMadeAdmin) await recordEvent(trx, { ...eventOf(who, sub), tenant_id, action: 'person.made-initial-admin' })
}

const eventOf = ({ tenantId, requestId }: Newcomer, target: string) => ({
  actor: null,
  target,
  tenant_id: tenantId,
  request_id: requestId,
})

/** Sorted, so that the IdP's order of today is no change of rights. */
function rolesOf({ identity }: Newcomer) {
  return { realm_access: textOf(identity.realm_access), resource_access: textOf(identity.resource_access) }
}

function textOf(access: SignedIn['realm_access'] | SignedIn['resource_access']): string | null {
  if (access === null) return null
  return JSON.stringify(access, (_key, value: unknown) => sorted(value))
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.toSorted()
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
}
