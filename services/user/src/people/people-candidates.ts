import { type AliasedExpression, type Kysely, type SqlBool, sql } from 'kysely'
import type { Tables } from '../tables.ts'
import { isAfter, type PeopleFilter } from './people-filter.ts'

const LAST_CHARACTER = '\u{10ffff}'

/** The conditions of a filter that are not in a person's own row. */
interface Conditions {
  search?: string | undefined
  group_id?: string | undefined
}

/** Who may be on a page, and what each of them has yet to meet. */
export interface Candidates {
  subs: AliasedExpression<{ person_sub: string; created_at: Date }, 'candidates'>
  unmet: Conditions
}

/** Everybody with a term that begins as the search does or, without a search, the members of the group. */
export const selectCandidates = (db: Kysely<Tables>, { search, ...others }: PeopleFilter): Candidates =>
  search
    ? { subs: selectBySearch(db, search, others).as('candidates'), unmet: { group_id: others.group_id } }
    : { subs: selectMembers(db, others).as('candidates'), unmet: {} }

/**
 * Whether the person in `column` meets the conditions. `offset 0` makes PostgreSQL look up each person on their own: it plans
 * without knowing the search, and would otherwise begin with all that the search finds.
 */
export function meets(db: Kysely<Tables>, { search, group_id }: Conditions, column: string) {
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

function selectBySearch(db: Kysely<Tables>, search: string, { tenant_id, cursor }: Omit<PeopleFilter, 'search'>) {
  let query = db
    .selectFrom('person_terms')
    .select(['person_sub', 'created_at'])
    // Several terms of a person may begin alike.
    .distinct()
    .where('term', '>=', beginningOf(search))
    .where('term', '<', endOf(search))
    // Sorted here, so that only the people of one page are fetched.
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

/** The search in the form of the stored terms: NFC, lower case, without punctuation in front, at most 40 characters. */
const beginningOf = (search: string): string =>
  search
    .normalize('NFC')
    .toLowerCase()
    .replace(/^[\s!-/:-@[-`{-~]+/, '')
    .slice(0, 40)

/** After the last term that begins so; punctuation alone finds nothing. */
const endOf = (search: string): string => beginningOf(search) && `${beginningOf(search)}${LAST_CHARACTER}`
