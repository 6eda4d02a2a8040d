import { CLOCK_SKEW_S } from '@munjigi/identity/claims'
import type { Kysely, Transaction } from 'kysely'
import type { Tables } from '../tables.ts'

export interface NewRefreshToken {
  jti: string
  sid: string
  iat: number
  exp: number
  key_id: string
}

export const findSession = (db: Kysely<Tables>, sid: string) =>
  db.selectFrom('sessions').select(['sid', 'person_sub', 'ended_at']).where('sid', '=', sid).executeTakeFirst()

/** Opens a session with its first refresh token. */
export async function insertSession(
  trx: Transaction<Tables>,
  session: { sid: string; person_sub: string; access_exp: number; id_token_sealed: string | null },
  refresh: NewRefreshToken,
): Promise<void> {
  await trx
    .insertInto('sessions')
    .values({ ...session, refresh_exp: refresh.exp, ended_at: null })
    .execute()
  await insertRefreshToken(trx, refresh)
}

export async function insertRefreshToken(trx: Transaction<Tables>, token: NewRefreshToken): Promise<void> {
  await trx
    .insertInto('refresh_tokens')
    .values({ ...token, used_at: null, successor: null })
    .execute()
}

/** Notes until when tokens of the session live: so long its end is told. */
export async function prolongSession(
  trx: Kysely<Tables>,
  sid: string,
  exp: { access: number; refresh?: number },
): Promise<void> {
  await trx
    .updateTable('sessions')
    .set((eb) => ({
      access_exp: eb.fn('greatest', ['access_exp', eb.val(exp.access)]),
      ...(exp.refresh !== undefined && { refresh_exp: exp.refresh }),
    }))
    .where('sid', '=', sid)
    .execute()
}

/** Ends a session for good; false when it had ended before. Its id_token goes with it and is given back sealed. */
export async function endSession(
  trx: Transaction<Tables>,
  sid: string,
): Promise<{ id_token_sealed: string | null } | undefined> {
  const live = await trx
    .selectFrom('sessions')
    .select('id_token_sealed')
    .where('sid', '=', sid)
    .where('ended_at', 'is', null)
    .forUpdate()
    .executeTakeFirst()
  if (live === undefined) return undefined
  await trx
    .updateTable('sessions')
    .set({ ended_at: new Date(), id_token_sealed: null })
    .where('sid', '=', sid)
    .execute()
  return live
}

/** Ended sessions of a person of which some access token may still live. */
export async function listEndedSids(db: Kysely<Tables>, person_sub: string, now: number): Promise<string[]> {
  const rows = await db
    .selectFrom('sessions')
    .select('sid')
    .where('person_sub', '=', person_sub)
    .where('ended_at', 'is not', null)
    .where('access_exp', '>=', now - CLOCK_SKEW_S)
    .orderBy('sid')
    .execute()
  return rows.map(({ sid }) => sid)
}
