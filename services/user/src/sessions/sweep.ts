import type { FastifyBaseLogger } from 'fastify'
import type { Kysely } from 'kysely'
import type { Tables } from '../tables.ts'
import { nowSeconds } from '../tokens/access-token.ts'

const INTERVAL_MS = 3_600_000

const DAY_S = 86_400
/** The longest life that Env permits to any token. */
const LONGEST_TOKEN_S = 90 * DAY_S

/** Sweeps each hour until its timer is cleared. */
export const startSweeping = (db: Kysely<Tables>, log: FastifyBaseLogger): NodeJS.Timeout =>
  setInterval(() => {
    sweep(db).catch((error) => log.warn({ err: error }, 'old sessions not removed'))
  }, INTERVAL_MS).unref()

/** Removes sessions whose last token has ended, API keys long of no use, and signing keys that nothing alive was signed by. */
export async function sweep(db: Kysely<Tables>): Promise<void> {
  const now = nowSeconds()
  await db
    .deleteFrom('sessions')
    .where('refresh_exp', '<', now - DAY_S)
    .where('access_exp', '<', now - DAY_S)
    .execute()
  const longAgo = new Date((now - 90 * DAY_S) * 1000)
  await db
    .deleteFrom('api_keys')
    .where(({ or, eb }) => or([eb('revoked_at', '<', longAgo), eb('expires_at', '<', longAgo)]))
    .execute()
  // A key is superseded when a newer one of its purpose signs.
  await db
    .deleteFrom('signing_keys')
    .where(({ exists, selectFrom }) =>
      exists(
        selectFrom('signing_keys as newer')
          .select('newer.kid')
          .whereRef('newer.purpose', '=', 'signing_keys.purpose')
          .whereRef('newer.active_from', '>', 'signing_keys.active_from')
          .where('newer.active_from', '<', new Date((now - LONGEST_TOKEN_S - DAY_S) * 1000)),
      ),
    )
    .where(({ exists, not, selectFrom }) =>
      not(exists(selectFrom('refresh_tokens').select('jti').whereRef('key_id', '=', 'signing_keys.kid'))),
    )
    .execute()
}
