import type { Kysely } from 'kysely'
import type { Tables } from '../tables.ts'

const KEPT_MS = 90 * 86_400_000

/** Removes keys that have been of no use for 90 days, all of them at once. */
export async function sweepApiKeys(db: Kysely<Tables>): Promise<true> {
  const before = new Date(Date.now() - KEPT_MS)
  await db
    .deleteFrom('api_keys')
    .where(({ or, eb }) => or([eb('revoked_at', '<', before), eb('expires_at', '<', before)]))
    .execute()
  return true
}
