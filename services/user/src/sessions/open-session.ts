import { randomUUID } from 'node:crypto'
import type { Transaction } from 'kysely'
import { recordOwn } from '../audit/audit.ts'
import type { Caller } from '../caller.ts'
import type { UserDeps } from '../deps.ts'
import { lockPersonAlone, type PersonRow } from '../people/people.ts'
import { assertActive } from '../people/standing.ts'
import type { Tables } from '../tables.ts'
import type { TokenFacts } from '../tokens/access-token.ts'
import { earliestIat, nowSeconds } from '../tokens/token-times.ts'
import { signRefreshToken } from './refresh-token.ts'
import { tellEnds } from './session-end.ts'
import { endLongestIdle, insertSession, type NewRefreshToken } from './sessions.ts'

export interface Session {
  person: PersonRow
  /** Of the first access token. */
  facts: TokenFacts
  refresh_token: string
  refresh_exp: number
}

export interface Opening {
  way: 'sso' | 'password'
  accessTtl: number
  caller: Caller
  /** For the IdP's own sign-out. */
  id_token?: string | null
  /** Of the audit line, besides session and way. */
  details?: Record<string, unknown>
}

/**
 * Opens a session of the person whose subject `identify` gives, in one transaction with what that writes; beyond the cap
 * the longest idle one ends. `identify` must not lock the person weaker than by `for no key update`.
 * @throws Problem 403 where the person or their tenant may not use the platform, and what `identify` throws
 */
export async function openSession(
  deps: UserDeps,
  opening: Opening,
  identify: (trx: Transaction<Tables>) => Promise<string>,
): Promise<Session> {
  const { settings, events } = deps
  const key = await deps.keys.refresh()
  const sid = randomUUID()
  const { way, caller, accessTtl, details, id_token } = opening
  const id_token_sealed = id_token == null ? null : settings.sealing.seal(id_token, `id-token:${sid}`)
  const opened = await deps.db.transaction().execute(async (trx) => {
    const person = await requireAlone(trx, await identify(trx))
    assertActive(person)
    const ended = await endLongestIdle(trx, person.sub, { keep: settings.maxSessionsPerPerson - 1, now: nowSeconds() })
    const iat = earliestIat(person)
    const exp = iat + accessTtl
    const refresh: NewRefreshToken = { jti: randomUUID(), sid, iat, exp: iat + settings.refreshTtl, key_id: key.kid }
    const { user_agent, address } = caller
    await insertSession(
      trx,
      { sid, person_sub: person.sub, access_exp: exp, id_token_sealed, way, user_agent, address },
      refresh,
    )
    const { request_id } = caller
    await recordOwn(trx, person, { action: 'session.started', request_id, details: { sid, way, ...details } })
    for (const old of ended) {
      const facts = { sid: old, reason: 'too-many-sessions' }
      await recordOwn(trx, person, { action: 'session.ended', request_id, details: facts })
    }
    return { person, facts: { iat, exp, sid }, refresh, ended }
  })
  const { person, facts, refresh, ended } = opened
  if (ended.length > 0) await tellEnds(deps, person.sub, ended)
  else await events.personChanged(person.sub)
  return {
    person,
    facts,
    refresh_token: signRefreshToken({ sub: person.sub, ...refresh }, key),
    refresh_exp: refresh.exp,
  }
}

/** Two sign-ins at once take turns, or each would leave room for itself alone; and who is disabled meanwhile stays out. */
async function requireAlone(trx: Transaction<Tables>, sub: string): Promise<PersonRow> {
  const person = await lockPersonAlone(trx, sub)
  if (person === undefined) throw new Error('a person without a tenant')
  return person
}
