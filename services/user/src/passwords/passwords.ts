import type { Kysely, Transaction } from 'kysely'
import type { Tables } from '../tables.ts'

const ORIGIN_LIFE_MS = 30 * 86_400_000

export const liveOriginsSince = (): Date => new Date(Date.now() - ORIGIN_LIFE_MS)

export type Account = NonNullable<Awaited<ReturnType<typeof findAccount>>>

/** By e-mail or by person: what is stored, and whether they have signed in from `origin` in the last 30 days. */
export const findAccount = (db: Kysely<Tables>, by: { email: string } | { person_sub: string }, origin: string) =>
  db
    .selectFrom('passwords')
    .select(['person_sub', 'email', 'hash', 'version'])
    .select(({ exists, selectFrom }) =>
      exists(
        selectFrom('password_origins')
          .select('origin')
          .whereRef('password_origins.person_sub', '=', 'passwords.person_sub')
          .where('origin', '=', origin)
          .where('last_signed_in_at', '>', liveOriginsSince()),
      ).as('is_known'),
    )
    .where((eb) => ('email' in by ? eb('email', '=', by.email) : eb('person_sub', '=', by.person_sub)))
    .executeTakeFirst()

/** The highest cost of a bcrypt hash that is still there, null where there is none. */
export async function findDearestBcrypt(db: Kysely<Tables>): Promise<number | null> {
  const row = await db
    .selectFrom('passwords')
    .select('bcrypt_cost')
    .where('bcrypt_cost', 'is not', null)
    .orderBy('bcrypt_cost', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row?.bcrypt_cost ?? null
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

/** Whoever has signed in from there is no stranger there for 30 days. */
export async function rememberOrigin(trx: Transaction<Tables>, person_sub: string, origin: string): Promise<void> {
  const last_signed_in_at = new Date()
  await trx
    .insertInto('password_origins')
    .values({ person_sub, origin, last_signed_in_at })
    .onConflict((conflict) => conflict.columns(['person_sub', 'origin']).doUpdateSet({ last_signed_in_at }))
    .execute()
}

/** Locks the person as `lockPersonAlone` does. */
export async function noteSignIn(trx: Transaction<Tables>, person_sub: string, origin: string): Promise<void> {
  await trx.updateTable('people').set({ last_login_at: new Date() }).where('sub', '=', person_sub).execute()
  await rememberOrigin(trx, person_sub, origin)
}
