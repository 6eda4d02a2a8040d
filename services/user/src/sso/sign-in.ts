import { randomUUID } from 'node:crypto'
import { recordEvent } from '../audit/audit.ts'
import type { UserDeps } from '../deps.ts'
import type { PersonRow } from '../people/people.ts'
import { assertActive } from '../people/standing.ts'
import { loginIdTaken } from '../problems.ts'
import { signRefreshToken } from '../sessions/refresh-token.ts'
import { insertSession, type NewRefreshToken } from '../sessions/sessions.ts'
import { earliestIat, type TokenFacts } from '../tokens/access-token.ts'
import type { SignedIn } from './idp.ts'
import { type Newcomer, newcomer } from './newcomer.ts'
import { provision } from './provision.ts'

export interface Session {
  person: PersonRow
  /** Of the first access token. */
  facts: TokenFacts
  refresh_token: string
  refresh_exp: number
}

const UNIQUE_VIOLATION = '23505'

/** Makes or updates the person whom the IdP vouches for and opens a session of theirs, or refuses and leaves none. */
export async function signIn(
  deps: UserDeps,
  identity: SignedIn,
  { accessTtl, requestId }: { accessTtl: number; requestId: string },
): Promise<Session> {
  const who = newcomer(deps, identity, requestId)
  const key = await deps.keys.refresh()
  const sid = randomUUID()
  const id_token_sealed =
    identity.id_token === null ? null : deps.settings.sealing.seal(identity.id_token, `id-token:${sid}`)
  const opened = await deps.db
    .transaction()
    .execute(async (trx) => {
      const person = await provision(trx, who)
      assertActive(person)
      const iat = earliestIat(person)
      const exp = iat + accessTtl
      const refresh: NewRefreshToken = {
        jti: randomUUID(),
        sid,
        iat,
        exp: iat + deps.settings.refreshTtl,
        key_id: key.kid,
      }
      await insertSession(trx, { sid, person_sub: person.sub, access_exp: exp, id_token_sealed }, refresh)
      await recordEvent(trx, {
        actor: person.sub,
        action: 'session.started',
        target: person.sub,
        tenant_id: person.tenant_id,
        request_id: requestId,
        details: { sid, way: 'sso', issuer: identity.issuer },
      })
      return { person, facts: { iat, exp, sid }, refresh }
    })
    .catch((error: unknown) => refuse(deps, who, error))
  await deps.events.personChanged(opened.person.sub)
  const refresh_token = await signRefreshToken({ sub: opened.person.sub, ...opened.refresh }, key)
  return { person: opened.person, facts: opened.facts, refresh_token, refresh_exp: opened.refresh.exp }
}

/** The refused attempt is no longer part of any transaction, and yet must be told. */
async function refuse({ db, settings }: UserDeps, who: Newcomer, error: unknown): Promise<never> {
  const isTaken = (error as { code?: unknown }).code === UNIQUE_VIOLATION
  const refusal = isTaken ? loginIdTaken() : error
  if ((refusal as { type?: unknown }).type !== loginIdTaken().type) throw refusal
  const { issuer, sub } = who.identity
  await db.transaction().execute((trx) =>
    recordEvent(trx, {
      actor: null,
      action: 'sso.login-id-taken',
      target: null,
      tenant_id: settings.defaultTenantId,
      request_id: who.requestId,
      details: { user_id: who.profile.user_id, issuer, sub },
    }),
  )
  throw refusal
}
