import type { QueryCreator, Transaction } from 'kysely'
import type { Tables } from '../tables.ts'

const ORIGIN_LIFE_MS = 30 * 86_400_000

/** Whoever has signed in at a network since then is no stranger there. */
export const liveOriginsSince = (): Date => new Date(Date.now() - ORIGIN_LIFE_MS)

interface SignIn {
  person_sub: string
  origin: string
  last_signed_in_at: Date
}

export const upsertOrigin = (query: QueryCreator<Tables>, { person_sub, origin, last_signed_in_at }: SignIn) =>
  query
    .insertInto('password_origins')
    .values({ person_sub, origin, last_signed_in_at })
    .onConflict((conflict) => conflict.columns(['person_sub', 'origin']).doUpdateSet({ last_signed_in_at }))

export async function rememberOrigin(trx: Transaction<Tables>, person_sub: string, origin: string): Promise<void> {
  await upsertOrigin(trx, { person_sub, origin, last_signed_in_at: new Date() }).execute()
}
