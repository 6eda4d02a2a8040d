import { CLOCK_SKEW_S } from '@munjigi/identity/claims'
import type { Kysely, QueryCreator, Transaction } from 'kysely'
import { liveKeysUsedSince, selectRevokedSids } from '../api-keys/api-keys.ts'
import type { Caller } from '../caller.ts'
import { compiledLast, compiledOnce } from '../compiled-once.ts'
import { selectPeople } from '../people/person-rows.ts'
import type { Tables } from '../tables.ts'
import { selectRights } from '../tokens/rights-claims.ts'

export interface NewRefreshToken {
  jti: string
  sid: string
  iat: number
  exp: number
  key_id: string
}

export const findSession = (db: Kysely<Tables>, sid: string) =>
  db.selectFrom('sessions').select(['sid', 'person_sub', 'ended_at']).where('sid', '=', sid).executeTakeFirst()

export const insertRefreshToken = (query: QueryCreator<Tables>, { jti, sid, iat, exp, key_id }: NewRefreshToken) =>
  query.insertInto('refresh_tokens').values({ jti, sid, iat, exp, key_id, used_at: null, successor: null })

const selectLocked = compiledOnce((db, { jti }: { jti: string }) =>
  selectPeople(db)
    .innerJoin('sessions', 'sessions.person_sub', 'people.sub')
    .innerJoin('refresh_tokens', 'refresh_tokens.sid', 'sessions.sid')
    .select(['refresh_tokens.sid', 'used_at', 'successor', 'ended_at'])
    .where('refresh_tokens.jti', '=', jti)
    .forUpdate('refresh_tokens')
    .forNoKeyUpdate('people')
    .forNoKeyUpdate('sessions'),
)

/** A refresh token with its person and session, locked in this order and alone; each row is read after it was locked. */
export const lockRefreshToken = async (trx: Transaction<Tables>, jti: string) => (await selectLocked(trx, { jti }))[0]

interface Replacement extends NewRefreshToken, Refresh {
  person_sub: string
  /** The token that is replaced, and when. */
  old: string
  used_at: Date
}

/** Stores the successor of a token, marks the old one as used, prolongs the session, reads the person's rights, and commits. */
export const replaceRefreshToken = compiledLast((db, given: Replacement) => {
  const { jti, person_sub, old, used_at } = given
  const query = db
    .with('stored', (storing) => insertRefreshToken(storing, given))
    .with('used', (used) => used.updateTable('refresh_tokens').set({ used_at, successor: jti }).where('jti', '=', old))
    .with('refreshed', (session) => noteRefresh(session, given))
  return selectRights(query, person_sub)
})

/** Notes when the session's last access token expires: until then gateways are told of an end of the session. */
export const prolongSession = (query: QueryCreator<Tables>, sid: string, access_exp: number) =>
  query
    .updateTable('sessions')
    .set((eb) => ({ access_exp: eb.fn('greatest', ['access_exp', eb.val(access_exp)]) }))
    .where('sid', '=', sid)

interface Refresh extends Pick<NewRefreshToken, 'sid' | 'exp'>, Pick<Caller, 'user_agent' | 'address'> {
  access_exp: number
  last_used_at: Date
}

/** The same, with the device and the address that refreshed it. */
export const noteRefresh = (query: QueryCreator<Tables>, refresh: Refresh) => {
  const { sid, exp, access_exp, last_used_at, user_agent, address } = refresh
  return prolongSession(query, sid, access_exp).set({ refresh_exp: exp, last_used_at, user_agent, address })
}

const ending = (trx: Transaction<Tables>) =>
  trx.updateTable('sessions').set({ ended_at: new Date(), id_token_sealed: null })

/** Ends a session for good and gives the sealed id_token that it held; undefined where it had ended before. */
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
  await ending(trx).where('sid', '=', sid).execute()
  return live
}

/** Ends a person's live sessions, all but `except`, and gives their ids; gateways are to be told after the commit. */
export async function endSessionsOf(
  trx: Transaction<Tables>,
  person_sub: string,
  { except }: { except?: string | undefined } = {},
): Promise<string[]> {
  const ended = await ending(trx)
    .where('person_sub', '=', person_sub)
    .where('ended_at', 'is', null)
    .$if(except !== undefined, (query) => query.where('sid', '<>', except as string))
    .returning('sid')
    .execute()
  return ended.map(({ sid }) => sid)
}

export interface LiveSince {
  /** In seconds: a session whose last access token expired before this has no live one. */
  endsSince: number
  usedSince: Date
}

export const liveSince = (now: number): LiveSince => ({
  endsSince: now - CLOCK_SKEW_S,
  usedSince: liveKeysUsedSince(now),
})

/** A person's ended sessions and revoked API keys, as far as access tokens of theirs may still be live. */
export const selectEndedSids = (db: Kysely<Tables>, person_sub: string, { endsSince, usedSince }: LiveSince) =>
  db
    .selectFrom('sessions')
    .select('sid')
    .where('person_sub', '=', person_sub)
    .where('ended_at', 'is not', null)
    .where('access_exp', '>=', endsSince)
    .unionAll(selectRevokedSids(db, person_sub, usedSince))
    .orderBy('sid')
