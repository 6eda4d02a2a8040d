import type { Kysely, Transaction } from 'kysely'
import { compiledLast, compiledOnce } from '../compiled-once.ts'
import { selectPeople } from '../people/person-rows.ts'
import { type NewSession, selectOpened } from '../sessions/new-session.ts'
import type { Tables } from '../tables.ts'
import { liveOriginsSince, upsertOrigin } from './password-origins.ts'

export interface Account {
  person_sub: string
  email: string
  hash: string | null
  version: number
  /** Whether they have signed in from this network within the last 30 days. */
  is_known: boolean
}

/** What a password is compared with. */
export interface Stored {
  /** Undefined where there is no such account. */
  account: Account | undefined
  /** The highest cost of all bcrypt hashes, null where there are none. */
  dearestBcrypt: number | null
}

interface ByOrigin {
  origin: string
  since: Date
}

/** Always one row: the highest bcrypt cost of all, and the account's columns, which are null where there is none. */
const selectStored = (db: Kysely<Tables>, { origin, since }: ByOrigin, column: 'email' | 'person_sub', value: string) =>
  db
    .selectFrom(
      db
        .selectNoFrom(({ selectFrom }) =>
          selectFrom('passwords')
            .select('bcrypt_cost')
            .where('bcrypt_cost', 'is not', null)
            .orderBy('bcrypt_cost', 'desc')
            .limit(1)
            .as('dearest_bcrypt'),
        )
        .as('everybody'),
    )
    .leftJoin('passwords', (join) => join.on(`passwords.${column}`, '=', value))
    .select(['dearest_bcrypt', 'person_sub', 'email', 'hash', 'version'])
    .select(({ exists, selectFrom }) =>
      exists(
        selectFrom('password_origins')
          .select('origin')
          .whereRef('password_origins.person_sub', '=', 'passwords.person_sub')
          .where('origin', '=', origin)
          .where('last_signed_in_at', '>', since),
      ).as('is_known'),
    )

const selectByEmail = compiledOnce((db, given: ByOrigin & { email: string }) =>
  selectStored(db, given, 'email', given.email),
)
const selectBySub = compiledOnce((db, given: ByOrigin & { sub: string }) =>
  selectStored(db, given, 'person_sub', given.sub),
)

/** By e-mail; nobody has the empty one. */
export const findStored = async (db: Kysely<Tables>, by: { email: string; origin: string }): Promise<Stored> =>
  storedOf(await selectByEmail(db, { ...by, since: liveOriginsSince() }))

export const findStoredOf = async (db: Kysely<Tables>, by: { sub: string; origin: string }): Promise<Stored> =>
  storedOf(await selectBySub(db, { ...by, since: liveOriginsSince() }))

function storedOf([row]: Awaited<ReturnType<typeof selectByEmail>>): Stored {
  if (row === undefined) throw new Error('one row whoever is there')
  const { dearest_bcrypt, ...account } = row
  return { account: account.person_sub === null ? undefined : (account as Account), dearestBcrypt: dearest_bcrypt }
}

const selectSigningIn = compiledOnce((trx, { sub }: { sub: string }) =>
  selectPeople(trx)
    .innerJoin('passwords', 'passwords.person_sub', 'people.sub')
    .select('version')
    .where('people.sub', '=', sub)
    .forNoKeyUpdate('people')
    .forShare('passwords'),
)

/** Locks the person as `lockPerson` does; undefined where another password has been set since `version` was read. */
export async function lockSigningIn(trx: Transaction<Tables>, { person_sub, version }: Account) {
  // Both rows are read after they were locked, so the version is the current one.
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

/** Replaces a hash by another of the same password, unless it has changed meanwhile. */
export async function rehash(trx: Transaction<Tables>, { person_sub, hash: old }: Account, hash: string) {
  await trx
    .updateTable('passwords')
    .set({ hash })
    .where('person_sub', '=', person_sub)
    .where('hash', '=', old)
    .execute()
}

/** Sets a password and voids the links that could set another. */
export async function setPassword(trx: Transaction<Tables>, person_sub: string, hash: string): Promise<void> {
  await trx
    .updateTable('passwords')
    .set(({ eb }) => ({ hash, version: eb('version', '+', 1), changed_at: new Date() }))
    .where('person_sub', '=', person_sub)
    .execute()
  await trx.deleteFrom('password_resets').where('person_sub', '=', person_sub).execute()
}

/** Opens a session after a sign-in by password, notes when and from where that was, and commits. */
export const insertSignIn = compiledLast((trx, given: NewSession & { origin: string }) => {
  const { person_sub, origin, at } = given
  const query = trx
    .with('remembered', (remembering) => upsertOrigin(remembering, { person_sub, origin, last_signed_in_at: at }))
    .with('signed_in', (signing) =>
      signing.updateTable('people').set({ last_login_at: at }).where('sub', '=', person_sub),
    )
  return selectOpened(query, given)
})
