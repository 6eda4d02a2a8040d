import type { CaseRoleGrant, NewCaseRole } from '@munjigi/contracts/case-roles'
import { withTenant } from '@munjigi/db/tenant'
import { type Kysely, sql, type Transaction } from 'kysely'
import { recordEvent } from '../audit/audit.ts'
import type { UserDeps } from '../deps.ts'
import { unknownPerson } from '../problems.ts'
import type { Tables } from '../tables.ts'
import { nowSeconds } from '../tokens/token-times.ts'
import { ownCaseRole } from './problems.ts'

const selectGrants = (db: Kysely<Tables>) =>
  db.selectFrom('case_roles').select(['case_id', 'person_sub as sub', 'role']).orderBy('case_id').orderBy('person_sub')

export const listCaseRolesOf = (db: Kysely<Tables>, sub: string): Promise<CaseRoleGrant[]> =>
  selectGrants(db).where('person_sub', '=', sub).execute()

/** Case ids are unique within a tenant only. */
export const listCaseRolesIn = (db: Kysely<Tables>, tenantId: string, caseId: string): Promise<CaseRoleGrant[]> =>
  withTenant(db, tenantId, (trx) =>
    selectGrants(trx).where('tenant_id', '=', tenantId).where('case_id', '=', caseId).execute(),
  )

interface Change {
  action: 'case-role.granted' | 'case-role.withdrawn'
  details: Record<string, unknown>
}

/** Gives a role, which replaces an earlier one in the same case; giving it again changes nothing. */
export const putCaseRole = (deps: UserDeps, { actor, ...grant }: NewCaseRole, requestId: string): Promise<void> =>
  changeCaseRoles(deps, { sub: grant.sub, tenantId: grant.tenant_id, actor, requestId }, async (trx) => {
    const { case_id, role, tenant_id, sub } = grant
    const before = await findRole(trx, grant)
    if (before === role) return undefined
    // DESIGN §4.6: nobody grants themselves a role but as creator of a new case, in which nobody has one.
    if (actor === sub && (before !== undefined || (await hasMembers(trx, grant)))) throw ownCaseRole()
    await trx
      .insertInto('case_roles')
      .values({ tenant_id, case_id, person_sub: sub, role })
      .onConflict((conflict) => conflict.columns(['tenant_id', 'case_id', 'person_sub']).doUpdateSet({ role }))
      .execute()
    return { action: 'case-role.granted', details: { case_id, role, ...(before !== undefined && { was: before }) } }
  })

/** Withdraws a role; where there is none, nothing changes. */
export async function removeCaseRole(
  deps: UserDeps,
  { case_id, sub, actor }: { case_id: string; sub: string; actor?: string },
  requestId: string,
): Promise<void> {
  const person = await deps.db.selectFrom('people').select('tenant_id').where('sub', '=', sub).executeTakeFirst()
  if (person === undefined) return
  await changeCaseRoles(deps, { sub, tenantId: person.tenant_id, actor, requestId }, async (trx) => {
    const removed = await trx
      .deleteFrom('case_roles')
      .where('tenant_id', '=', person.tenant_id)
      .where('case_id', '=', case_id)
      .where('person_sub', '=', sub)
      .returning('role')
      .executeTakeFirst()
    return removed && { action: 'case-role.withdrawn', details: { case_id, role: removed.role } }
  })
}

interface Whom {
  sub: string
  tenantId: string
  actor: string | undefined
  requestId: string
}

/**
 * Changes a person's case roles under their lock, with an audit line; their older tokens become outdated, and gateways are told
 * after the commit.
 */
async function changeCaseRoles(
  { db, events }: UserDeps,
  { sub, tenantId, actor, requestId }: Whom,
  change: (trx: Transaction<Tables>) => Promise<Change | undefined>,
): Promise<void> {
  const isChanged = await withTenant(db, tenantId, async (trx) => {
    const person = await trx
      .selectFrom('people')
      .select('sub')
      .where('sub', '=', sub)
      .where('tenant_id', '=', tenantId)
      .forNoKeyUpdate()
      .executeTakeFirst()
    if (person === undefined) throw unknownPerson(404)
    const done = await change(trx)
    if (done === undefined) return false
    await trx
      .updateTable('people')
      .set({ rights_changed_at: sql<number>`greatest(rights_changed_at, ${nowSeconds()})` })
      .where('sub', '=', sub)
      .execute()
    await recordEvent(trx, { ...done, actor: actor ?? null, target: sub, tenant_id: tenantId, request_id: requestId })
    return true
  })
  if (isChanged) await events.personChanged(sub)
}

const inCase = (trx: Transaction<Tables>, { tenant_id, case_id }: Pick<NewCaseRole, 'tenant_id' | 'case_id'>) =>
  trx.selectFrom('case_roles').select('role').where('tenant_id', '=', tenant_id).where('case_id', '=', case_id)

const findRole = async (trx: Transaction<Tables>, grant: Omit<NewCaseRole, 'actor'>) =>
  (await inCase(trx, grant).where('person_sub', '=', grant.sub).executeTakeFirst())?.role

const hasMembers = async (trx: Transaction<Tables>, grant: Omit<NewCaseRole, 'actor'>) =>
  (await inCase(trx, grant).limit(1).executeTakeFirst()) !== undefined
