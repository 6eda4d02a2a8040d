import type { PeopleQuery } from '@munjigi/contracts/people'
import { Moment } from '@munjigi/db/moment'
import { readCursor } from '@munjigi/server/cursor'
import { type Kysely, type Selectable, type SqlBool, sql } from 'kysely'
import { Type } from 'typebox'
import type { Tables } from '../tables.ts'
import { PROFILE } from './person-rows.ts'

/** What a page of people is asked by. */
export interface PeopleFilter extends PeopleQuery {
  group_id?: string
}

const columns = [...PROFILE, 'created_at', 'last_login_at'] as const

/** A person's own row, without sections and groups. */
export type ListedColumns = Pick<Selectable<Tables['people']>, (typeof columns)[number]>

type OwnColumnsFilter = Pick<PeopleFilter, 'role' | 'status' | 'tenant_id' | 'cursor'>

/** People by what stands in their own row: everything but the search and the group. */
export function selectFiltered(db: Kysely<Tables>, { role, status, tenant_id, cursor }: OwnColumnsFilter) {
  let query = db.selectFrom('people').select(columns.map((column) => `people.${column}` as const))
  if (tenant_id !== undefined) query = query.where('people.tenant_id', '=', tenant_id)
  if (role !== undefined) query = query.where('people.role', '=', role)
  if (status !== undefined) query = query.where('people.status', '=', status)
  if (cursor !== undefined) query = query.where(isAfter(cursor, 'people.created_at', 'people.sub'))
  return query
}

const Place = Type.Tuple([Moment, Type.String({ pattern: '^[^\\x00-\\x1f]{1,255}$' })])

/** Whether a row comes after the last one of the page before. */
export function isAfter(cursor: string, createdAtColumn: string, subColumn: string) {
  const [createdAt, sub] = readCursor(Place, cursor)
  return sql<SqlBool>`(${sql.ref(createdAtColumn)}, ${sql.ref(subColumn)}) > (${createdAt}::timestamptz, ${sub})`
}
