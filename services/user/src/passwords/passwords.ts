import type { Kysely, QueryCreator, Transaction } from 'kysely'
import { compiledOnce } from '../compiled-once.ts'
import { selectPeople } from '../people/people.ts'
import type { Tables } from '../tables.ts'

const ORIGIN_LIFE_MS = 30 * 86_400_000

export const liveOriginsSince = (): Date => new Date(Date.now() - ORIGIN_LIFE_MS)

export type Account = NonNullable<Awaited<ReturnType<typeof findAccountOf>>>

const selectAccounts = (db: Kysely<Tables>, { origin, since }: { origin: string; since: Date }) =>
  db
    .selectFrom('passwords')
    .select(['person_sub', 'email', 'hash', 'version'])
    .select(({ exists, selectFrom }) =>
      exists(
        selectFrom('password_origins')
          .select('origin')
          .whereRef('password_origins.person_sub', '=', 'passwords.person_sub')
          .where('origin', '=', origin)
          .where('last_signed_in_at', '>', since),
      ).as('is_known'),
    )

/** What is stored of a person, and whether they have signed in from `origin` in the last 30 days. */
export const findAccountOf = (db: Kysely<Tables>, person_sub: string, origin: string) =>
  selectAccounts(db, { origin, since: liveOriginsSince() }).where('person_sub', '=', person_sub).executeTakeFirst()

const selectAccount = compiledOnce((db, given: { email: string; origin: string; since: Date }) =>
  selectAccounts(db, given).where('email', '=', given.email),
)

/** The same of whoever signs in by an e-mail. */
export const findAccount = async (
  db: Kysely<Tables>,
  by: { email: string; origin: string },
): Promise<Account | undefined> => (await selectAccount(db, { ...by, since: liveOriginsSince() }))[0]

const selectDearestBcrypt = compiledOnce((db) =>
  db
    .selectFrom('passwords')
    .select('bcrypt_cost')
    .where('bcrypt_cost', 'is not', null)
    .orderBy('bcrypt_cost', 'desc')
    .limit(1),
)

/** The highest cost of a bcrypt hash that is still there, null where there is none. */
export const findDearestBcrypt = async (db: Kysely<Tables>): Promise<number | null> =>
  (await selectDearestBcrypt(db, {}))[0]?.bcrypt_cost ?? null

const selectSigningIn = compiledOnce((trx, { sub }: { sub: string }) =>
  selectPeople(trx)
    .innerJoin('passwords', 'passwords.person_sub', 'people.sub')
    .select('version')
    .where('people.sub', '=', sub)
    .forNoKeyUpdate('people')
    .forShare('passwords'),
)

/** Locks the person as `lockPersonAlone` does; undefined where another password has been set since `version` was read. */
export async function lockSigningIn(trx: Transaction<Tables>, { person_sub, version }: Account) {
  // Both rows are read as they are once they are locked, however long that took.
  const [row] = await selectSigningIn(trx, { sub: person_sub })
  return row?.version === version ? row : undefined
}

/** False where another password has been set since `version` was read. */
export async function isStillPassword(trx: Transaction<Tables>, { person_sub, version }: Account): Promise<boolean> {
  const row = await trx
    .selectFrom('passwords')
    .select('version')
    .where('person_sub', '=', person_sub)
    .executeTakeFirst()
  return row?.version === version
}

/** Writes the same password in another way, unless somebody was faster. */
export async function rehash(trx: Transaction<Tables>, { person_sub, hash: old }: Account, hash: string) {
  await trx
    .updateTable('passwords')
    .set({ hash })
    .where('person_sub', '=', person_sub)
    .where('hash', '=', old)
    .execute()
}

/** Sets a password; links that were to set another are void. */
export async function setPassword(trx: Transaction<Tables>, person_sub: string, hash: string): Promise<void> {
  await trx
    .updateTable('passwords')
    .set(({ eb }) => ({ hash, version: eb('version', '+', 1), changed_at: new Date() }))
    .where('person_sub', '=', person_sub)
    .execute()
  await trx.deleteFrom('password_resets').where('person_sub', '=', person_sub).execute()
}

interface SignIn {
  person_sub: string
  origin: string
  last_signed_in_at: Date
}

const upsertOrigin = (query: QueryCreator<Tables>, { person_sub, origin, last_signed_in_at }: SignIn) =>
  query
    .insertInto('password_origins')
    .values({ person_sub, origin, last_signed_in_at })
    .onConflict((conflict) => conflict.columns(['person_sub', 'origin']).doUpdateSet({ last_signed_in_at }))

/** Whoever has signed in from there is no stranger there for 30 days. */
export async function rememberOrigin(trx: Transaction<Tables>, person_sub: string, origin: string): Promise<void> {
  await upsertOrigin(trx, { person_sub, origin, last_signed_in_at: new Date() }).execute()
}

const noteSignInOnce = compiledOnce((trx, given: SignIn) =>
  trx
    .with('origin', (query) => upsertOrigin(query, given))
    .updateTable('people')
    .set({ last_login_at: given.last_signed_in_at })
    .where('sub', '=', given.person_sub),
)

export async function noteSignIn(trx: Transaction<Tables>, person_sub: string, origin: string): Promise<void> {
  await noteSignInOnce(trx, { person_sub, origin, last_signed_in_at: new Date() })
}
