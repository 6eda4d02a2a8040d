import type { Transaction } from 'kysely'
import type { Tables } from '../tables.ts'

const inOrder = (trx: Transaction<Tables>) => trx.selectFrom('people').select('sub').orderBy('sub').forNoKeyUpdate()

/** In the order of their subjects, so that two administrators who act on each other wait instead of deadlocking. */
export async function lockPeople(trx: Transaction<Tables>, subs: string[]): Promise<void> {
  await inOrder(trx).where('sub', 'in', subs).execute()
}

/** Every superuser, in the same order. */
export async function lockSuperusers(trx: Transaction<Tables>): Promise<void> {
  await inOrder(trx).where('superuser', '=', true).execute()
}
