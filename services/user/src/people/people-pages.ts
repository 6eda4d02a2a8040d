import { type AliasedExpression, type Kysely, type Selectable, sql } from 'kysely'
import type { Tables } from '../tables.ts'
import { type Found, isAfter, isFound, type PeopleFilter, selectFound } from './people-found.ts'
import { PROFILE } from './person-rows.ts'

const columns = [...PROFILE, 'created_at', 'last_login_at'] as const

/** So many are asked one by one whether they are found: where many are, a page is full by then. */
const WALKED = 1_000

/** People without what belongs to them. */
export type Listed = AliasedExpression<Pick<Selectable<Tables['people']>, (typeof columns)[number]>, 'listed'>

export const listedPerson = (db: Kysely<Tables>, sub: string, tenantId: string | undefined): Listed =>
  selectFitting(db, tenantId === undefined ? {} : { tenant_id: tenantId })
    .where('people.sub', '=', sub)
    .as('listed')

/** What `read` makes of the people of a page and the one after it. */
export async function readPage<Row>(
  db: Kysely<Tables>,
  filter: PeopleFilter,
  read: (people: Listed) => Promise<Row[]>,
): Promise<Row[]> {
  const { search, group_id, limit } = filter
  if (!search && group_id === undefined) return read(selectOldest(db, filter, limit + 1).as('listed'))
  if (search) {
    const walked = await read(selectWalked(db, filter))
    if (walked.length > limit) return walked
    const further = await selectOldest(db, filter, 1).offset(WALKED).executeTakeFirst()
    if (!further) return walked
  }
  // A group has its own order; whom a search leaves are few, or all of them late.
  return read(selectFetched(db, filter, selectFound(db, filter)))
}

type Fitting = Pick<PeopleFilter, 'role' | 'status' | 'tenant_id' | 'cursor'>

function selectFitting(db: Kysely<Tables>, { role, status, tenant_id, cursor }: Fitting) {
  let query = db.selectFrom('people').select(columns.map((column) => `people.${column}` as const))
  if (tenant_id !== undefined) query = query.where('people.tenant_id', '=', tenant_id)
  if (role !== undefined) query = query.where('people.role', '=', role)
  if (status !== undefined) query = query.where('people.status', '=', status)
  if (cursor !== undefined) query = query.where(isAfter(cursor, 'people.created_at', 'people.sub'))
  return query
}

const selectOldest = (db: Kysely<Tables>, filter: Fitting, count: number) =>
  selectFitting(db, filter).orderBy('people.created_at').orderBy('people.sub').limit(count)

/** Whom a search and a group leave of the oldest. */
const selectWalked = (db: Kysely<Tables>, filter: PeopleFilter): Listed =>
  db
    .selectFrom(selectOldest(db, filter, WALKED).as('walked'))
    .selectAll()
    .where(isFound(db, filter, 'walked.sub'))
    .orderBy('walked.created_at')
    .orderBy('walked.sub')
    .limit(filter.limit + 1)
    .as('listed')

/** One after the other is fetched, by offset 0, until the page is full. */
function selectFetched(db: Kysely<Tables>, filter: PeopleFilter, { subs, sought }: Found): Listed {
  const fitting = selectFitting(db, filter).where('people.sub', '=', sql.ref<string>('found.person_sub')).offset(0)
  return db
    .selectFrom(subs)
    .innerJoinLateral(fitting.as('fitting'), (join) => join.onTrue())
    .selectAll('fitting')
    .where(isFound(db, sought, 'found.person_sub'))
    .orderBy('found.created_at')
    .orderBy('found.person_sub')
    .limit(filter.limit + 1)
    .as('listed')
}
