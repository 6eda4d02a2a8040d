import type { Transaction } from 'kysely'
import type { Tables } from '../tables.ts'
import { nowSeconds } from '../tokens/token-times.ts'
import { endSessionsOf } from './sessions.ts'

/**
 * Ends a person's sessions, API keys and password links for good, even if the account is enabled again later. All tokens that
 * were issued up to the end of this second are refused, whoever issued them.
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
