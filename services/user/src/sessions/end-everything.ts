import type { Transaction } from 'kysely'
import type { Tables } from '../tables.ts'
import { nowSeconds } from '../tokens/token-times.ts'
import { endSessionsOf } from './sessions.ts'

/**
 * Ends a person's sessions and API keys for good, also if the account is enabled again: tokens of the second that runs are
 * refused with the older ones, whoever issued them, and links to a new password are void.
 */
export async function endEverything(trx: Transaction<Tables>, sub: string): Promise<void> {
  await trx.deleteFrom('password_resets').where('person_sub', '=', sub).execute()
  await trx
    .updateTable('people')
    .set({ valid_from: nowSeconds() + 1 })
    .where('sub', '=', sub)
    .execute()
  await endSessionsOf(trx, sub)
}
