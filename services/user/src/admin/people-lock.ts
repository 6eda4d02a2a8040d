import type { Transaction } from 'kysely'
import type { Tables } from '../tables.ts'

/**
 * These people and every superuser, in the order of their subjects, so that two administrators who act on each other
 * wait instead of deadlocking.
 */
export async function lockPeople(trx: Transaction<Tables>, subs: string[]): Promise<void> {
  await trx
    .selectFrom('people')
    .select('sub')
    .where(({ or, eb }) => or([eb('sub', 'in', subs), eb('superuser', '=', true)]))
    .orderBy('sub')
    .forNoKeyUpdate()
    .execute()
}
