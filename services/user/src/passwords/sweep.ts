import type { Kysely } from 'kysely'
import type { Tables } from '../tables.ts'
import { liveOriginsSince } from './password-origins.ts'

/** Removes links that have expired and origins that are no longer known, all of them at once. */
export async function sweepPasswords(db: Kysely<Tables>): Promise<true> {
  await db.deleteFrom('password_resets').where('expires_at', '<=', new Date()).execute()
  await db.deleteFrom('password_origins').where('last_signed_in_at', '<=', liveOriginsSince()).execute()
  return true
}
