import { type AliasedExpression, type Kysely, sql } from 'kysely'
import type { Tables } from '../tables.ts'
import { type Candidates, meets, selectCandidates } from './people-candidates.ts'
import { type ListedColumns, type PeopleFilter, selectFiltered } from './people-filter.ts'

/** So many of the oldest people are tested one by one: what many people have fills a page by then. */
const SCANNED = 1_000

export type Listed = AliasedExpression<ListedColumns, 'listed'>

export const listedPerson = (db: Kysely<Tables>, sub: string, tenantId: string | undefined): Listed =>
  selectFiltered(db, tenantId === undefined ? {} : { tenant_id: tenantId })
    .where('people.sub', '=', sub)
    .as('listed')

/** What `read` makes of the people of one page and the next person after them. */
export async function readPage<Row>(
  db: Kysely<Tables>,
  filter: PeopleFilter,
  read: (people: Listed) => Promise<Row[]>,
): Promise<Row[]> {
  const { search, group_id, limit } = filter
  if (!search && group_id === undefined) return read(selectOldest(db, filter, limit + 1).as('listed'))
  if (search) {
    const scanned = await read(selectScanned(db, filter))
    if (scanned.length > limit) return scanned
    const further = await selectOldest(db, filter, 1).offset(SCANNED).executeTakeFirst()
    if (!further) return scanned
  }
  // Members are stored in the order of the list; what a search finds is few people by now, or people who came late.
  return read(selectFetched(db, filter, selectCandidates(db, filter)))
}

const selectOldest = (db: Kysely<Tables>, filter: PeopleFilter, count: number) =>
  selectFiltered(db, filter).orderBy('people.created_at').orderBy('people.sub').limit(count)

/** Those of the oldest people who meet the search and the group. */
const selectScanned = (db: Kysely<Tables>, filter: PeopleFilter): Listed =>
  db
    .selectFrom(selectOldest(db, filter, SCANNED).as('scanned'))
    .selectAll()
    .where(meets(db, filter, 'scanned.sub'))
    .orderBy('scanned.created_at')
    .orderBy('scanned.sub')
    .limit(filter.limit + 1)
    .as('listed')

/** The candidates whose own rows fit too; `offset 0` makes PostgreSQL fetch one after another until the page is full. */
function selectFetched(db: Kysely<Tables>, filter: PeopleFilter, { subs, unmet }: Candidates): Listed {
  const person = selectFiltered(db, filter).where('people.sub', '=', sql.ref<string>('candidates.person_sub')).offset(0)
  return db
    .selectFrom(subs)
    .innerJoinLateral(person.as('person'), (join) => join.onTrue())
    .selectAll('person')
    .where(meets(db, unmet, 'candidates.person_sub'))
    .orderBy('candidates.created_at')
    .orderBy('candidates.person_sub')
    .limit(filter.limit + 1)
    .as('listed')
}
