import type { PrincipalName, SectionGrant } from '@munjigi/contracts/access'
import { sql, type Transaction } from 'kysely'
import type { PersonChange } from '../admin/person-change.ts'
import { changedGrants, holdsGrant, holdsRole } from '../admin/rights.ts'
import { aboveOwnRights, superuserRequired } from '../problems.ts'
import { requireSections } from '../sections/named-sections.ts'
import { endEverything } from '../sessions/end-everything.ts'
import type { Tables } from '../tables.ts'
import { nowSeconds } from '../tokens/token-times.ts'
import { administratorRoleRequired, alreadyActive, alreadyDecided, alreadyDisabled, nameTaken } from './problems.ts'

const APPROVED_ROLE = 'USER'

export const approve: PersonChange = async ({ trx, actor, target }) => {
  if (target.role !== 'PENDING' || target.status !== 'active') throw alreadyDecided()
  if (!holdsRole(actor, APPROVED_ROLE)) throw aboveOwnRights()
  await updateRole(trx, target.sub, APPROVED_ROLE)
  return { action: 'person.approved', details: { role: APPROVED_ROLE } }
}

export const reject: PersonChange = async ({ trx, target }) => {
  if (target.role !== 'PENDING' || target.status !== 'active') throw alreadyDecided()
  await shutOut(trx, target.sub, 'rejected')
  return { action: 'person.rejected' }
}

export const disable: PersonChange = async ({ trx, target }) => {
  if (target.status !== 'active') throw alreadyDisabled()
  await shutOut(trx, target.sub, 'disabled')
  return { action: 'person.disabled' }
}

/** Also takes back a rejection: the person waits for approval again. */
export const enable: PersonChange = async ({ trx, target }) => {
  if (target.status === 'active') throw alreadyActive()
  await trx.updateTable('people').set({ status: 'active' }).where('sub', '=', target.sub).execute()
  return { action: 'person.enabled', details: { was: target.status } }
}

export const setRole =
  (role: string): PersonChange =>
  async ({ trx, actor, target }) => {
    if (!holdsRole(actor, role)) throw aboveOwnRights()
    if (target.role === role) return undefined
    await updateRole(trx, target.sub, role)
    const lost = target.superuser && { superuser: false }
    return { action: 'person.role-set', details: { from: target.role, to: role, ...lost } }
  }

export const setSuperuser =
  (superuser: boolean): PersonChange =>
  async ({ trx, actor, target }) => {
    if (!actor.superuser) throw superuserRequired()
    if (target.superuser === superuser) return undefined
    if (superuser && target.role !== 'ADMIN') throw administratorRoleRequired()
    await trx.updateTable('people').set({ superuser }).where('sub', '=', target.sub).execute()
    return { action: superuser ? 'person.superuser-given' : 'person.superuser-taken' }
  }

export const setSections =
  (sections: SectionGrant[]): PersonChange =>
  async ({ trx, actor, target }) => {
    const { sub } = target
    await requireSections(trx, sections)
    const before = await trx
      .selectFrom('section_grants')
      .select(['section_id as id', 'level'])
      .where('person_sub', '=', sub)
      .orderBy('section_id')
      .execute()
    const changed = changedGrants(before, sections)
    if (!changed.every((grant) => holdsGrant(actor, grant))) throw aboveOwnRights()
    if (changed.length === 0) return undefined
    await trx.deleteFrom('section_grants').where('person_sub', '=', sub).execute()
    const rows = sections.map(({ id, level }) => ({ person_sub: sub, section_id: id, level }))
    if (rows.length > 0) await trx.insertInto('section_grants').values(rows).execute()
    return { action: 'person.sections-set', details: { from: before, to: sections } }
  }

/**
 * Binds the person to another subject at the IdP, for a login id that was refused with `login-id-taken`. Names are those of
 * all tenants: whoever may give them could take another tenant's person, or learn that they are there.
 */
export const rebindName =
  ({ issuer, sub: name }: PrincipalName): PersonChange =>
  async ({ trx, actor, target }) => {
    if (!actor.superuser) throw superuserRequired()
    const before = await trx
      .deleteFrom('person_names')
      .where('person_sub', '=', target.sub)
      .where('issuer', '=', issuer)
      .returning('sub')
      .execute()
    const added = await trx
      .insertInto('person_names')
      .values({ issuer, sub: name, person_sub: target.sub })
      .onConflict((conflict) => conflict.columns(['issuer', 'sub']).doNothing())
      .returning('sub')
      .executeTakeFirst()
    if (!added) throw nameTaken()
    if (before.length === 1 && before[0]?.sub === name) return undefined
    await endEverything(trx, target.sub)
    return { action: 'person.name-rebound', details: { issuer, from: before.map(({ sub }) => sub), to: name } }
  }

// Only ADMIN can be superuser, so the flag goes with the role.
async function updateRole(trx: Transaction<Tables>, sub: string, role: string) {
  await trx
    .updateTable('people')
    .set({ role, rights_changed_at: nowSeconds(), superuser: sql<boolean>`superuser and ${role} = 'ADMIN'` })
    .where('sub', '=', sub)
    .execute()
}

async function shutOut(trx: Transaction<Tables>, sub: string, status: 'disabled' | 'rejected') {
  await trx.updateTable('people').set({ status }).where('sub', '=', sub).execute()
  await endEverything(trx, sub)
}
