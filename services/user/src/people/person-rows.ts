import type { Kysely } from 'kysely'
import { compiledOnce } from '../compiled-once.ts'
import type { Tables } from '../tables.ts'

/** What is shown to everybody who may see a person at all. */
export const PROFILE = [
  'sub',
  'user_id',
  'email',
  'username_kr',
  'username_en',
  'deptname_kr',
  'deptname_en',
  'role',
  'superuser',
  'status',
  'tenant_id',
] as const

const columns = [
  ...PROFILE.map((column) => `people.${column}` as const),
  'theme_preference',
  'language_preference',
  'valid_from',
  'rights_changed_at',
] as const

/** The tenant's status is asked for and not joined: who waited for the lock of somebody moved meanwhile would find nobody. */
export const selectPeople = (db: Kysely<Tables>) =>
  db
    .selectFrom('people')
    .select(columns)
    .select(({ selectFrom }) =>
      selectFrom('tenants')
        .select('status')
        .whereRef('tenants.id', '=', 'people.tenant_id')
        .$asScalar()
        .$notNull()
        .as('tenant_status'),
    )

export type PersonRow = NonNullable<Awaited<ReturnType<typeof findPerson>>>

export const findPerson = (db: Kysely<Tables>, sub: string) =>
  selectPeople(db).where('people.sub', '=', sub).executeTakeFirst()

/** The person whom a further issuer calls `sub`. */
export const findPersonByName = (db: Kysely<Tables>, name: { issuer: string; sub: string }) =>
  selectPeople(db)
    .innerJoin('person_names', 'person_names.person_sub', 'people.sub')
    .where('person_names.issuer', '=', name.issuer)
    .where('person_names.sub', '=', name.sub)
    .executeTakeFirst()

/**
 * Keeps the person as they are until the transaction ends, so that who is disabled meanwhile is so afterwards. One at a time:
 * those who share a lock overtake whoever waits for it, and a person with very many requests could never be disabled.
 */
export const lockPerson = async (trx: Kysely<Tables>, sub: string) => (await selectLocked(trx, { sub }))[0]

const selectLocked = compiledOnce((trx, { sub }: { sub: string }) =>
  selectPeople(trx).where('people.sub', '=', sub).forNoKeyUpdate('people'),
)
