import type { PeoplePage, Person } from '@munjigi/contracts/people'
import { momentText } from '@munjigi/db/moment'
import { pageOf } from '@munjigi/db/page'
import { writeCursor } from '@munjigi/server/cursor'
import { type Kysely, sql } from 'kysely'
import { jsonArrayFrom } from 'kysely/helpers/postgres'
import type { Tables } from '../tables.ts'
import type { PeopleFilter } from './people-filter.ts'
import { type Listed, listedPerson, readPage } from './people-pages.ts'
import { selectAllSections, selectGrants } from './sections.ts'

/** People with their sections and groups, as administrators see them. */
export function people(db: Kysely<Tables>) {
  return {
    find: async (sub: string, tenantId?: string): Promise<Person | undefined> => {
      const row = await selectWhole(db, listedPerson(db, sub, tenantId)).executeTakeFirst()
      return row && toPerson(row)
    },
    list: async (filter: PeopleFilter): Promise<PeoplePage> => {
      const rows = await readPage(db, filter, (listed) =>
        selectWhole(db, listed)
          .select(momentText('listed.created_at').as('place'))
          .orderBy('listed.created_at')
          .orderBy('listed.sub')
          .execute(),
      )
      const [page, last] = pageOf(rows, filter.limit)
      return { people: page.map(toPerson), ...(last && { next_cursor: writeCursor([last.place, last.sub]) }) }
    },
  }
}

function selectWhole(db: Kysely<Tables>, listed: Listed) {
  return db
    .selectFrom(listed)
    .selectAll()
    .select((eb) => {
      const ownSections = eb
        .selectFrom('section_grants')
        .select(['section_id as id', 'level'])
        .whereRef('section_grants.person_sub', '=', 'listed.sub')
      return [
        jsonArrayFrom(ownSections.orderBy('section_id')).as('own_sections'),
        eb
          .case()
          .when('listed.superuser', '=', true)
          .then(jsonArrayFrom(selectAllSections(db)))
          .else(jsonArrayFrom(selectGrants(db, sql.ref<string>('listed.sub'))))
          .end()
          .as('sections'),
        eb
          .selectFrom('group_members')
          .select(sql<string[]>`coalesce(json_agg(group_id order by group_id), '[]')`.as('ids'))
          .whereRef('group_members.person_sub', '=', 'listed.sub')
          .as('groups'),
      ]
    })
}

type ListedRow = Awaited<ReturnType<ReturnType<typeof selectWhole>['executeTakeFirstOrThrow']>>

function toPerson(row: ListedRow): Person {
  const person = { ...row, created_at: row.created_at.toISOString() }
  return { ...person, last_login_at: row.last_login_at?.toISOString() ?? null, groups: row.groups ?? [] }
}
