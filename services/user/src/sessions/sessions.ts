import { CLOCK_SKEW_S } from '@munjigi/identity/claims'
import type { Kysely, QueryCreator, Selectable, Transaction } from 'kysely'
import { selectRevokedSids } from '../api-keys/api-keys.ts'
import type { Caller } from '../caller.ts'
import { selectPeople } from '../people/people.ts'
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

type Origin = 'way' | 'user_agent' | 'address'

/** Opens a session with its first refresh token. */
export async function insertSession(
  trx: Transaction<Tables>,
  session: Pick<Selectable<Tables['sessions']>, 'sid' | 'person_sub' | 'access_exp' | 'id_token_sealed' | Origin>,
  refresh: NewRefreshToken,
): Promise<void> {
  await trx
    .insertInto('sessions')
    .values({ ...session, refresh_exp: refresh.exp, ended_at: null, last_used_at: new Date() })
    .execute()
  await trx
    .insertInto('refresh_tokens')
    .values({ ...refresh, used_at: null, successor: null })
    .execute()
}

/** A token with its session and person, locked in this order, so that each is as it is now however long that took. */
export const lockRefreshToken = (trx: Transaction<Tables>, jti: string) =>
  selectPeople(trx)
    .innerJoin('sessions', 'sessions.person_sub', 'people.sub')
    .innerJoin('refresh_tokens', 'refresh_tokens.sid', 'sessions.sid')
    .select(['refresh_tokens.sid', 'used_at', 'successor', 'ended_at'])
    .where('refresh_tokens.jti', '=', jti)
    .forUpdate('refresh_tokens')
    .forShare('people')
    .forNoKeyUpdate('sessions')
    .executeTakeFirst()

/** Stores the successor of a token and marks that one used, in one statement with what follows. */
export const replacing = (
  trx: Transaction<Tables>,
  jti: string,
  successor: NewRefreshToken,
  now: number,
): QueryCreator<Tables> =>
  trx
    .with('stored', (db) => db.insertInto('refresh_tokens').values({ ...successor, used_at: null, successor: null }))
    .with('used', (db) =>
      db
        .updateTable('refresh_tokens')
        .set({ used_at: new Date(now), successor: successor.jti })
        .where('jti', '=', jti),
    )

/** Notes until when tokens of the session live, for so long its end is told, and by whom it was refreshed. */
export async function prolongSession(
  trx: QueryCreator<Tables>,
  sid: string,
  exp: { access: number; refresh?: number },
  caller?: Caller,
): Promise<void> {
  await trx
    .updateTable('sessions')
    .set((eb) => ({
      access_exp: eb.fn('greatest', ['access_exp', eb.val(exp.access)]),
      ...(exp.refresh !== undefined && { refresh_exp: exp.refresh }),
      ...(caller && { last_used_at: new Date(), user_agent: caller.user_agent, address: caller.address }),
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

/** Ends a person's live sessions, all but `except`, and gives their ids, which are to be told after the commit. */
export async function endSessionsOf(
  trx: Transaction<Tables>,
  person_sub: string,
  { except }: { except?: string | undefined } = {},
): Promise<string[]> {
  const ended = await trx
    .updateTable('sessions')
    .set({ ended_at: new Date(), id_token_sealed: null })
    .where('person_sub', '=', person_sub)
    .where('ended_at', 'is', null)
    .$if(except !== undefined, (query) => query.where('sid', '<>', except as string))
    .returning('sid')
    .execute()
  return ended.map(({ sid }) => sid)
}

/** Ends all but the `keep` live sessions of a person that were used last; who calls it holds the person alone. */
export async function endLongestIdle(
  trx: Transaction<Tables>,
  person_sub: string,
  { keep, now }: { keep: number; now: number },
): Promise<string[]> {
  const idle = await trx
    .selectFrom('sessions')
    .select('sid')
    .where('person_sub', '=', person_sub)
    .where('ended_at', 'is', null)
    .where('refresh_exp', '>', now)
    .orderBy('last_used_at', 'desc')
    .orderBy('started_at', 'desc')
    .offset(keep)
    .execute()
  const sids = idle.map(({ sid }) => sid)
  if (sids.length === 0) return []
  await trx
    .updateTable('sessions')
    .set({ ended_at: new Date(), id_token_sealed: null })
    .where('sid', 'in', sids)
    .execute()
  return sids
}

/** Ended sessions and revoked API keys of a person of which some access token may still live. */
export const selectEndedSids = (db: Kysely<Tables>, person_sub: string, now: number) =>
  db
    .selectFrom('sessions')
    .select('sid')
    .where('person_sub', '=', person_sub)
    .where('ended_at', 'is not', null)
    .where('access_exp', '>=', now - CLOCK_SKEW_S)
    .unionAll(selectRevokedSids(db, person_sub, now))
    .orderBy('sid')
