import type { Kysely } from 'kysely'
import type { Tables } from '../tables.ts'
import { nowSeconds } from '../tokens/token-times.ts'

const KEPT_S = 86_400

/** Removes sessions a day after their last token has expired, all of them at once. */
export async function sweepSessions(db: Kysely<Tables>): Promise<true> {
  const before = nowSeconds() - KEPT_S
  await db.deleteFrom('sessions').where('refresh_exp', '<', before).where('access_exp', '<', before).execute()
  return true
}
