import type { Kysely } from 'kysely'
import type { Tables } from '../tables.ts'

const DAY_MS = 86_400_000
/** The longest life that Env permits to any token. */
const LONGEST_TOKEN_MS = 90 * DAY_MS

/** Removes keys that no live token can have been signed by, all of them at once. */
export async function sweepSigningKeys(db: Kysely<Tables>): Promise<true> {
  // A key is superseded when a newer one of its purpose signs.
  await db
    .deleteFrom('signing_keys')
    .where(({ exists, selectFrom }) =>
      exists(
        selectFrom('signing_keys as newer')
          .select('newer.kid')
          .whereRef('newer.purpose', '=', 'signing_keys.purpose')
          .whereRef('newer.active_from', '>', 'signing_keys.active_from')
          .where('newer.active_from', '<', new Date(Date.now() - LONGEST_TOKEN_MS - DAY_MS)),
      ),
    )
    .where(({ exists, not, selectFrom }) =>
      not(exists(selectFrom('refresh_tokens').select('jti').whereRef('key_id', '=', 'signing_keys.kid'))),
    )
    .execute()
  return true
}
