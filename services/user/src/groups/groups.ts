import type { SectionGrant } from '@munjigi/contracts/access'
import type { Group } from '@munjigi/contracts/people'
import { invalidField } from '@munjigi/server/invalid-field'
import type { Kysely, Transaction } from 'kysely'
import { jsonArrayFrom } from 'kysely/helpers/postgres'
import type { PersonChange } from '../admin/person-change.ts'
import { holdsGrant, type Rights } from '../admin/rights.ts'
import { aboveOwnRights } from '../problems.ts'
import type { Tables } from '../tables.ts'
import { groupNotFound } from './problems.ts'

export function groups(db: Kysely<Tables>) {
  const query = () =>
    db
      .selectFrom('groups')
      .select((eb) => [
        'groups.id',
        'groups.title',
        jsonArrayFrom(
          eb
            .selectFrom('group_sections')
            .select(['section_id as id', 'level'])
            .whereRef('group_id', '=', 'groups.id')
            .orderBy('section_id'),
        ).as('sections'),
      ])
  return {
    list: (): Promise<Group[]> => query().orderBy('groups.id').execute(),
    find: (id: string): Promise<Group | undefined> => query().where('groups.id', '=', id).executeTakeFirst(),
    /** Nobody joins, leaves or changes it until the transaction ends. */
    lock: async (id: string): Promise<Group | undefined> => {
      await db.selectFrom('groups').select('id').where('id', '=', id).forUpdate().execute()
      return query().where('groups.id', '=', id).executeTakeFirst()
    },
    insert: ({ id, title }: Group) =>
      db
        .insertInto('groups')
        .values({ id, title })
        .onConflict((conflict) => conflict.column('id').doNothing())
        .returning('id')
        .executeTakeFirst(),
    rename: (id: string, title: string) => db.updateTable('groups').set({ title }).where('id', '=', id).execute(),
    remove: (id: string) => db.deleteFrom('groups').where('id', '=', id).execute(),
    replaceSections: async (id: string, sections: SectionGrant[]) => {
      await db.deleteFrom('group_sections').where('group_id', '=', id).execute()
      const rows = sections.map((section) => ({ group_id: id, section_id: section.id, level: section.level }))
      if (rows.length > 0) await db.insertInto('group_sections').values(rows).execute()
    },
  }
}

export const setGroups =
  (ids: string[]): PersonChange =>
  async ({ trx, actor, target }) => {
    const before = await listMemberships(trx, target.sub)
    for (const [index, id] of ids.entries())
      if (!(await groups(trx).find(id))) throw invalidField(`groups.${index}`, 'is no group')
    const added = ids.filter((id) => !before.includes(id))
    const removed = before.filter((id) => !ids.includes(id))
    if (added.length + removed.length === 0) return undefined
    // In one order, so that two who move people between the same groups wait instead of deadlocking.
    for (const id of [...removed, ...added].toSorted()) {
      const change = added.includes(id) ? join : leave
      await change(trx, actor, id, target.sub)
    }
    return { action: 'person.groups-set', details: { from: before, to: ids } }
  }

export const joinGroup =
  (id: string): PersonChange =>
  async ({ trx, actor, target }) => {
    if (!(await groups(trx).find(id))) throw groupNotFound()
    const isMember = (await listMemberships(trx, target.sub)).includes(id)
    if (isMember) return undefined
    await join(trx, actor, id, target.sub)
    return { action: 'group.member-added', details: { group: id } }
  }

export const leaveGroup =
  (id: string): PersonChange =>
  async ({ trx, actor, target }) => {
    if (!(await groups(trx).find(id))) throw groupNotFound()
    const isMember = (await listMemberships(trx, target.sub)).includes(id)
    if (!isMember) return undefined
    await leave(trx, actor, id, target.sub)
    return { action: 'group.member-removed', details: { group: id } }
  }

async function listMemberships(trx: Transaction<Tables>, sub: string): Promise<string[]> {
  const rows = await trx
    .selectFrom('group_members')
    .select('group_id')
    .where('person_sub', '=', sub)
    .orderBy('group_id')
    .execute()
  return rows.map(({ group_id }) => group_id)
}

async function join(trx: Transaction<Tables>, actor: Rights, id: string, sub: string) {
  await requireHeld(trx, actor, id)
  await trx.insertInto('group_members').values({ group_id: id, person_sub: sub }).execute()
}

async function leave(trx: Transaction<Tables>, actor: Rights, id: string, sub: string) {
  await requireHeld(trx, actor, id)
  await trx.deleteFrom('group_members').where('group_id', '=', id).where('person_sub', '=', sub).execute()
}

async function requireHeld(trx: Transaction<Tables>, actor: Rights, id: string) {
  const group = await groups(trx).lock(id)
  if (!group?.sections.every((grant) => holdsGrant(actor, grant))) throw aboveOwnRights()
}
