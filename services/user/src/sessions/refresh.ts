import { randomUUID } from 'node:crypto'
import type { Transaction } from 'kysely'
import { recordEvent } from '../audit/audit.ts'
import type { Caller } from '../caller.ts'
import type { UserDeps } from '../deps.ts'
import type { PersonRow } from '../people/person-rows.ts'
import { assertStanding } from '../people/standing.ts'
import { sessionEnded } from '../problems.ts'
import type { Tables } from '../tables.ts'
import { issueAccessToken } from '../tokens/access-token.ts'
import { type RightsClaims, rightsClaims, rightsOf, unlessEarly } from '../tokens/rights-claims.ts'
import { earliestIat, nowSeconds } from '../tokens/token-times.ts'
import { refreshTokenInvalid, refreshTokenUsed } from './problems.ts'
import { type RefreshClaims, readRefreshToken, signRefreshToken } from './refresh-token.ts'
import { endSession, lockRefreshToken, type NewRefreshToken, noteRefresh, replaceRefreshToken } from './sessions.ts'

/** Parallel tabs, and clients that lost the answer, come again within this time; whoever comes later is taken for a thief. */
const SAME_SUCCESSOR_MS = 10_000

export interface Refreshed {
  access_token: string
  expires_in: number
  refresh_token: string
  refresh_exp: number
}

interface Rotation {
  person: PersonRow
  successor: NewRefreshToken
  iat: number
  rights: RightsClaims | undefined
}

/** RFC 9700 §4.14: rotate on every use; a used token that comes again after 10 s ends the family. */
export async function refresh(deps: UserDeps, token: string, caller: Caller): Promise<Refreshed> {
  const claims = await readRefreshToken(token, deps.keys)
  if (claims === undefined) throw refreshTokenInvalid()
  const now = Date.now()
  const candidate = await newSuccessor(deps, claims.sid)
  const rotation = await deps.db
    .transaction()
    .execute((trx) => rotate(trx, { claims, candidate, now, caller, accessTtl: deps.settings.accessTtl }))
  if (rotation === 'stolen') {
    await deps.events.personChanged(claims.sub)
    throw sessionEnded()
  }
  return answer(deps, rotation)
}

async function newSuccessor({ keys, settings }: UserDeps, sid: string): Promise<NewRefreshToken> {
  const { kid } = await keys.refresh()
  const iat = nowSeconds()
  return { jti: randomUUID(), sid, iat, exp: iat + settings.refreshTtl, key_id: kid }
}

interface Attempt {
  claims: RefreshClaims
  candidate: NewRefreshToken
  now: number
  caller: Caller
  accessTtl: number
}

async function rotate(trx: Transaction<Tables>, attempt: Attempt): Promise<Rotation | 'stolen'> {
  const { claims, candidate, now, caller, accessTtl } = attempt
  const { token, person } = await requireLive(trx, claims)
  if (token.used_at !== null && now - token.used_at.getTime() > SAME_SUCCESSOR_MS) {
    await endStolen(trx, attempt, person)
    return 'stolen'
  }
  const iat = earliestIat(person)
  const readAt = nowSeconds()
  const successor = token.successor === null ? candidate : await requireUnused(trx, token.successor)
  const { user_agent, address } = caller
  const refreshed = { ...successor, access_exp: iat + accessTtl, last_used_at: new Date(), user_agent, address }
  if (successor === candidate) {
    const used = { person_sub: person.sub, old: claims.jti, used_at: new Date(now) }
    const [row] = await replaceRefreshToken(trx, { ...refreshed, ...used })
    return { person, successor, iat, rights: unlessEarly(iat, readAt, rightsOf(row)) }
  }
  await noteRefresh(trx, refreshed).execute()
  return { person, successor, iat, rights: unlessEarly(iat, readAt, await rightsClaims(trx, person.sub)) }
}

async function requireLive(trx: Transaction<Tables>, { sub, sid, jti, iat }: RefreshClaims) {
  const row = await lockRefreshToken(trx, jti)
  if (row?.sid !== sid || row.sub !== sub) throw refreshTokenInvalid()
  const { used_at, successor, ended_at, ...person } = row
  assertStanding(person, { iat, session: { ended_at } }, sessionEnded)
  return { token: { used_at, successor }, person }
}

async function requireUnused(trx: Transaction<Tables>, jti: string): Promise<NewRefreshToken> {
  const { used_at, ...successor } = await trx
    .selectFrom('refresh_tokens')
    .select(['jti', 'sid', 'iat', 'exp', 'key_id', 'used_at'])
    .where('jti', '=', jti)
    .executeTakeFirstOrThrow()
  if (used_at !== null) throw refreshTokenUsed()
  return successor
}

async function endStolen(trx: Transaction<Tables>, { claims, caller }: Attempt, person: PersonRow): Promise<void> {
  await endSession(trx, claims.sid)
  await recordEvent(trx, {
    actor: null,
    action: 'session.refresh-token-stolen',
    target: person.sub,
    tenant_id: person.tenant_id,
    request_id: caller.request_id,
    details: { sid: claims.sid },
  })
}

async function answer(deps: UserDeps, { person, successor, iat, rights }: Rotation): Promise<Refreshed> {
  const key = await deps.keys.findRefresh(successor.key_id)
  if (key === undefined) throw new Error('the key of a live refresh token is gone')
  const exp = iat + deps.settings.accessTtl
  return {
    access_token: await issueAccessToken(deps, person, { iat, exp, sid: successor.sid }, rights),
    expires_in: deps.settings.accessTtl,
    refresh_token: signRefreshToken({ sub: person.sub, ...successor }, key),
    refresh_exp: successor.exp,
  }
}
