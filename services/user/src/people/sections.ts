import type { SectionGrant } from '@munjigi/contracts/access'
import { type Expression, type Kysely, sql } from 'kysely'
import type { Tables } from '../tables.ts'

/** A person's own sections and their groups', the higher level of each; all of them at level admin for a superuser. */
export const listSections = (
  db: Kysely<Tables>,
  person: { sub: string; superuser: boolean },
): Promise<SectionGrant[]> =>
  person.superuser ? selectAllSections(db).execute() : selectGrants(db, person.sub).execute()

export const selectAllSections = (db: Kysely<Tables>) =>
  db
    .selectFrom('sections')
    .select(['id', sql<'admin'>`'admin'`.as('level')])
    .orderBy('id')

export function selectGrants(db: Kysely<Tables>, sub: string | Expression<string>) {
  const own = db.selectFrom('section_grants').select(['section_id', 'level']).where('person_sub', '=', sub)
  const ofGroups = db
    .selectFrom('group_members')
    .innerJoin('group_sections', 'group_sections.group_id', 'group_members.group_id')
    .select(['group_sections.section_id', 'group_sections.level'])
    .where('group_members.person_sub', '=', sub)
  return (
    db
      .selectFrom(own.unionAll(ofGroups).as('granted'))
      // 'admin' sorts before 'user'.
      .select(['section_id as id', sql<SectionGrant['level']>`min(level)`.as('level')])
      .groupBy('section_id')
      .orderBy('section_id')
  )
}
