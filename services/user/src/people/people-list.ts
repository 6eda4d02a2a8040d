import type { PeoplePage, PeopleQuery, Person } from '@munjigi/contracts/people'
import { Moment, momentText } from '@munjigi/db/moment'
import { pageOf } from '@munjigi/db/page'
import { readCursor, writeCursor } from '@munjigi/server/cursor'
import { type Kysely, type SqlBool, sql } from 'kysely'
import { jsonArrayFrom } from 'kysely/helpers/postgres'
import { Type } from 'typebox'
import type { Tables } from '../tables.ts'
import { PROFILE } from './person-rows.ts'
import { selectAllSections, selectGrants } from './sections.ts'

const columns = [...PROFILE, 'created_at', 'last_login_at'] as const

const Place = Type.Tuple([Moment, Type.String({ pattern: '^[^\\x00-\\x1f]{1,255}$' })])

const LAST_CHARACTER = '\u{10ffff}'

/** Whom a search or a group leaves is fetched by key where they are no more; of more, a page is soon full in walking them. */
const FEW = 500

export interface PeopleFilter extends PeopleQuery {
  /** Only people of this tenant. */
  tenant_id?: string
  group_id?: string
}

/** People with their sections and groups, as administrators see them. */
export function people(db: Kysely<Tables>) {
  return {
    find: async (sub: string, tenantId?: string): Promise<Person | undefined> => {
      let query = personQuery(db).where('people.sub', '=', sub)
      if (tenantId !== undefined) query = query.where('tenant_id', '=', tenantId)
      const row = await query.executeTakeFirst()
      return row && toPerson(row)
    },
    list: async (filter: PeopleFilter): Promise<PeoplePage> => {
      const few = await findFew(db, filter)
      const rows = await filtered(db, filter)
        .$if(few !== undefined, (query) => query.where('people.sub', '=', sql<string>`any(${few}::text[])`))
        .select(momentText('people.created_at').as('place'))
        // By no index where they are few, or the planner may walk one for want of anybody.
        .orderBy(few ? sql`people.created_at + interval '0'` : 'people.created_at')
        .orderBy('people.sub')
        .limit(filter.limit + 1)
        .execute()
      const [page, last] = pageOf(rows, filter.limit)
      return { people: page.map(toPerson), ...(last && { next_cursor: writeCursor([last.place, last.sub]) }) }
    },
  }
}

function personQuery(db: Kysely<Tables>) {
  return db.selectFrom('people').select((eb) => {
    const ownSections = eb
      .selectFrom('section_grants')
      .select(['section_id as id', 'level'])
      .whereRef('section_grants.person_sub', '=', 'people.sub')
    return [
      ...columns.map((column) => `people.${column}` as const),
      jsonArrayFrom(ownSections.orderBy('section_id')).as('own_sections'),
      eb
        .case()
        .when('people.superuser', '=', true)
        .then(jsonArrayFrom(selectAllSections(db)))
        .else(jsonArrayFrom(selectGrants(db, sql.ref<string>('people.sub'))))
        .end()
        .as('sections'),
      eb
        .selectFrom('group_members')
        .select(sql<string[]>`coalesce(json_agg(group_id order by group_id), '[]')`.as('ids'))
        .whereRef('group_members.person_sub', '=', 'people.sub')
        .as('groups'),
    ]
  })
}

const selectMembers = (db: Kysely<Tables>, group_id: string) =>
  db.selectFrom('group_members').select('group_members.person_sub').where('group_id', '=', group_id)

function selectFound(db: Kysely<Tables>, search: string) {
  const beginning = beginningOf(search)
  return (
    db
      .selectFrom('person_terms')
      .select('person_terms.person_sub')
      .where('term', '>=', beginning)
      // Signs alone begin nothing.
      .where('term', '<', beginning && `${beginning}${LAST_CHARACTER}`)
  )
}

/** Undefined where there is neither search nor group, or both leave many. */
async function findFew(db: Kysely<Tables>, { search, group_id, tenant_id }: PeopleFilter) {
  const own = tenant_id === undefined ? {} : { tenant_id }
  // In the order of an index, which so is read and no further than the limit.
  const lookups = [
    ...(search
      ? [
          selectFound(db, search)
            .where(({ and }) => and(own))
            .orderBy('term')
            .limit(FEW + 1),
        ]
      : []),
    ...(group_id
      ? [
          selectMembers(db, group_id)
            .where(({ and }) => and(own))
            .orderBy('person_sub')
            .limit(FEW + 1),
        ]
      : []),
  ]
  for (const lookup of lookups) {
    const rows = await lookup.execute()
    if (rows.length <= FEW) return rows.map(({ person_sub }) => person_sub)
  }
  return undefined
}

function filtered(db: Kysely<Tables>, filter: PeopleFilter) {
  let query = personQuery(db)
  const { search, role, status, tenant_id, group_id, cursor } = filter
  if (tenant_id !== undefined) query = query.where('people.tenant_id', '=', tenant_id)
  if (role !== undefined) query = query.where('people.role', '=', role)
  if (status !== undefined) query = query.where('people.status', '=', status)
  if (group_id !== undefined) {
    query = query.where(({ exists }) =>
      exists(selectMembers(db, group_id).where('group_members.person_sub', '=', sql.ref<string>('people.sub'))),
    )
  }
  if (search !== undefined && search !== '') {
    query = query.where(({ exists }) =>
      exists(selectFound(db, search).where('person_terms.person_sub', '=', sql.ref<string>('people.sub'))),
    )
  }
  if (cursor !== undefined) {
    const [createdAt, sub] = readCursor(Place, cursor)
    const isAfter = sql<SqlBool>`(people.created_at, people.sub) > (${createdAt}::timestamptz, ${sub})`
    query = query.where(isAfter)
  }
  return query
}

/** As the terms of people are written: lower case, and not beginning with a sign. */
const beginningOf = (search: string): string =>
  search
    .normalize('NFC')
    .toLowerCase()
    .replace(/^[\s!-/:-@[-`{-~]+/, '')
    .slice(0, 40)

type ListedRow = Awaited<ReturnType<ReturnType<typeof personQuery>['executeTakeFirstOrThrow']>>

function toPerson(row: ListedRow): Person {
  const person = { ...row, created_at: row.created_at.toISOString() }
  return { ...person, last_login_at: row.last_login_at?.toISOString() ?? null, groups: row.groups ?? [] }
}
