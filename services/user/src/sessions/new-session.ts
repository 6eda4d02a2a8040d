import { type ExpressionBuilder, type QueryCreator, sql } from 'kysely'
import { insertEvent } from '../audit/audit.ts'
import type { Caller } from '../caller.ts'
import { compiledLast } from '../compiled-once.ts'
import type { Tables } from '../tables.ts'
import { selectRights } from '../tokens/rights-claims.ts'
import { insertRefreshToken, type NewRefreshToken } from './sessions.ts'

/** A session with its first refresh token and its line in the audit log. */
export interface NewSession extends NewRefreshToken, Pick<Caller, 'user_agent' | 'address' | 'request_id'> {
  person_sub: string
  tenant_id: string
  way: 'sso' | 'password'
  access_exp: number
  id_token_sealed: string | null
  /** The time of the sign-in in seconds, and as a Date. */
  now: number
  at: Date
  /** How many other live sessions may stay. */
  keep: number
  action: string
  /** The audit line's, as JSON. */
  details: string
}

/**
 * Ends all but the `keep` most recently used live sessions of a person, opens another, and gives the person's rights and the ids
 * of the sessions that ended. The caller has locked the person exclusively.
 */
export const selectOpened = (db: QueryCreator<Tables>, given: NewSession) => {
  const { sid, person_sub, access_exp, exp, id_token_sealed, way, user_agent, address, at } = given
  const { tenant_id, action, request_id, details } = given
  const line = { actor: person_sub, target: person_sub, tenant_id, request_id }
  const query = db
    .with('ended', (ending) =>
      ending
        .updateTable('sessions')
        .set({ ended_at: at, id_token_sealed: null })
        .where('sid', 'in', (eb) => selectLongestIdle(eb, given))
        .returning('sid'),
    )
    .with('opened', (opening) =>
      opening.insertInto('sessions').values({
        sid,
        person_sub,
        access_exp,
        refresh_exp: exp,
        id_token_sealed,
        ended_at: null,
        way,
        user_agent,
        address,
        last_used_at: at,
      }),
    )
    .with('stored', (storing) => insertRefreshToken(storing, given))
    .with('told', (telling) => insertEvent(telling, { ...line, action, details }))
    .with('told_ends', (telling) =>
      telling
        .insertInto('audit_events')
        .columns(['actor', 'target', 'tenant_id', 'request_id', 'action', 'details'])
        .expression((eb) =>
          eb
            .selectFrom('ended')
            .select([
              eb.val(person_sub).as('actor'),
              eb.val(person_sub).as('target'),
              eb.val(tenant_id).as('tenant_id'),
              eb.val(request_id).as('request_id'),
              sql<string>`'session.ended'`.as('action'),
              sql<string>`jsonb_build_object('sid', sid, 'reason', 'too-many-sessions')`.as('details'),
            ]),
        ),
    )
  return selectRights(query, person_sub).select(sql<string[]>`array(select sid from ended)`.as('ended'))
}

/** The same as a statement of its own, which commits. */
export const insertSession = compiledLast(selectOpened)

const selectLongestIdle = (
  eb: ExpressionBuilder<Tables, 'sessions'>,
  { person_sub, now, keep }: Pick<NewSession, 'person_sub' | 'now' | 'keep'>,
) =>
  eb
    .selectFrom('sessions')
    .select('sid')
    .where('person_sub', '=', person_sub)
    .where('ended_at', 'is', null)
    .where('refresh_exp', '>', now)
    .orderBy('last_used_at', 'desc')
    .orderBy('started_at', 'desc')
    .offset(keep)
