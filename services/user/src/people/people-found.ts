import type { PeopleQuery } from '@munjigi/contracts/people'
import { Moment } from '@munjigi/db/moment'
import { readCursor } from '@munjigi/server/cursor'
import { type AliasedExpression, type Kysely, type SqlBool, sql } from 'kysely'
import { Type } from 'typebox'
import type { Tables } from '../tables.ts'

const Place = Type.Tuple([Moment, Type.String({ pattern: '^[^\\x00-\\x1f]{1,255}$' })])

const LAST_CHARACTER = '\u{10ffff}'

export interface PeopleFilter extends PeopleQuery {
  /** Only people of this tenant. */
  tenant_id?: string
  group_id?: string
}

type Sought = { search?: string | undefined; group_id?: string | undefined }

/** People by their subs, and what is still to be asked of each. */
export interface Found {
  subs: AliasedExpression<{ person_sub: string; created_at: Date }, 'found'>
  sought: Sought
}

/** Whom the search leaves, or else the group. */
export const selectFound = (db: Kysely<Tables>, { search, ...others }: PeopleFilter): Found =>
  search
    ? { subs: selectHolders(db, search, others).as('found'), sought: { group_id: others.group_id } }
    : { subs: selectMembers(db, others).as('found'), sought: {} }

/** By offset 0 each person is looked up alone, and by the person first, as the planner does not see the search. */
export function isFound(db: Kysely<Tables>, { search, group_id }: Sought, column: string) {
  const person = sql.ref<string>(column)
  const term = db
    .selectFrom('person_terms')
    .select('person_terms.person_sub')
    .where('person_terms.person_sub', '=', person)
    .where('term', '>=', sql<string>`(select ${beginningOf(search ?? '')}::text)`)
    .where('term', '<', sql<string>`(select ${endOf(search ?? '')}::text)`)
    .offset(0)
  const membership = db
    .selectFrom('group_members')
    .select('group_members.person_sub')
    .where('group_members.person_sub', '=', person)
    .where('group_id', '=', group_id ?? '')
    .offset(0)
  return sql.join<SqlBool>(
    [
      sql`true`,
      ...(search ? [sql`exists ${term}`] : []),
      ...(group_id === undefined ? [] : [sql`exists ${membership}`]),
    ],
    sql` and `,
  )
}

function selectHolders(db: Kysely<Tables>, search: string, { tenant_id, cursor }: Omit<PeopleFilter, 'search'>) {
  let query = db
    .selectFrom('person_terms')
    .select(['person_sub', 'created_at'])
    // Several terms of a person may begin alike.
    .distinct()
    .where('term', '>=', beginningOf(search))
    .where('term', '<', endOf(search))
    // Before they are fetched, or all of them are.
    .orderBy('created_at')
    .orderBy('person_sub')
  if (tenant_id !== undefined) query = query.where('tenant_id', '=', tenant_id)
  if (cursor !== undefined) query = query.where(isAfter(cursor, 'created_at', 'person_sub'))
  return query
}

function selectMembers(db: Kysely<Tables>, { group_id = '', tenant_id, cursor }: Omit<PeopleFilter, 'search'>) {
  let query = db.selectFrom('group_members').select(['person_sub', 'created_at']).where('group_id', '=', group_id)
  if (tenant_id !== undefined) query = query.where('tenant_id', '=', tenant_id)
  if (cursor !== undefined) query = query.where(isAfter(cursor, 'created_at', 'person_sub'))
  return query
}

export function isAfter(cursor: string, createdAtColumn: string, subColumn: string) {
  const [createdAt, sub] = readCursor(Place, cursor)
  return sql<SqlBool>`(${sql.ref(createdAtColumn)}, ${sql.ref(subColumn)}) > (${createdAt}::timestamptz, ${sub})`
}

/** As the terms of people are written: lower case, and not beginning with a sign. */
const beginningOf = (search: string): string =>
  search
    .normalize('NFC')
    .toLowerCase()
    .replace(/^[\s!-/:-@[-`{-~]+/, '')
    .slice(0, 40)

/** Signs alone begin nothing. */
const endOf = (search: string): string => beginningOf(search) && `${beginningOf(search)}${LAST_CHARACTER}`
