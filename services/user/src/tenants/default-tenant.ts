import type { Transaction } from 'kysely'
import type { Tables } from '../tables.ts'

/** The tenant of people who name none is made with the first of them. */
export async function ensureDefaultTenant(trx: Transaction<Tables>, id: string): Promise<void> {
  await trx
    .insertInto('tenants')
    .values({ id, name: '기본 테넌트' })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}
