import { randomUUID } from 'node:crypto'
import type { Transaction } from 'kysely'
import type { Caller } from '../caller.ts'
import type { UserDeps } from '../deps.ts'
import type { PersonRow } from '../people/person-rows.ts'
import { assertActive } from '../people/standing.ts'
import type { Tables } from '../tables.ts'
import type { TokenFacts } from '../tokens/access-token.ts'
import { type RightsClaims, rightsOf, unlessEarly } from '../tokens/rights-claims.ts'
import { earliestIat, nowSeconds } from '../tokens/token-times.ts'
import type { insertSession } from './new-session.ts'
import { signRefreshToken } from './refresh-token.ts'
import type { NewRefreshToken } from './sessions.ts'

export interface Session {
  person: PersonRow
  /** Of the first access token. */
  facts: TokenFacts
  /** As read when it was opened; undefined where its first token is dated to a later second, for which they must be read again. */
  rights: RightsClaims | undefined
  refresh_token: string
  refresh_exp: number
}

export interface Opening {
  way: 'sso' | 'password'
  accessTtl: number
  caller: Caller
  /** For the IdP's own sign-out. */
  id_token?: string | null
  /** What the audit line tells besides session and way. */
  details?: Record<string, unknown>
  /** Writes the session, with whatever else this way of signing in has to write last, and commits. */
  insert: typeof insertSession
}

/**
 * Opens a session for the person whom `identify` gives and has locked exclusively, in one transaction with it. Beyond the cap
 * the session that has been idle longest ends.
 * @throws Problem 403 where the person or their tenant may not use the platform, and what `identify` throws
 */
export async function openSession(
  deps: UserDeps,
  opening: Opening,
  identify: (trx: Transaction<Tables>) => Promise<PersonRow>,
): Promise<Session> {
  const key = await deps.keys.refresh()
  const { ended, ...opened } = await deps.db
    .transaction()
    .execute(async (trx) => open(trx, await identify(trx), { deps, opening, key_id: key.kid }))
  const { person, refresh } = opened
  if (ended.length > 0) await deps.events.personChanged(person.sub)
  return {
    ...opened,
    refresh_token: signRefreshToken({ sub: person.sub, ...refresh }, key),
    refresh_exp: refresh.exp,
  }
}

async function open(
  trx: Transaction<Tables>,
  person: PersonRow,
  { deps: { settings }, opening, key_id }: { deps: UserDeps; opening: Opening; key_id: string },
) {
  assertActive(person)
  const { way, caller, accessTtl, details, id_token, insert } = opening
  const sid = randomUUID()
  const iat = earliestIat(person)
  const now = nowSeconds()
  const exp = iat + accessTtl
  const refresh: NewRefreshToken = { jti: randomUUID(), sid, iat, exp: iat + settings.refreshTtl, key_id }
  // The lock on the person keeps two sign-ins at once from exceeding the cap.
  const [row] = await insert(trx, {
    ...caller,
    ...refresh,
    way,
    person_sub: person.sub,
    tenant_id: person.tenant_id,
    access_exp: exp,
    id_token_sealed: id_token == null ? null : settings.sealing.seal(id_token, `id-token:${sid}`),
    now,
    at: new Date(),
    keep: settings.maxSessionsPerPerson - 1,
    action: 'session.started',
    details: JSON.stringify({ sid, way, ...details }),
  })
  return {
    person,
    facts: { iat, exp, sid },
    rights: unlessEarly(iat, now, rightsOf(row)),
    refresh,
    ended: row?.ended ?? [],
  }
}
