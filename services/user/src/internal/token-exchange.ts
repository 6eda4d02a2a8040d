import type { ExchangedToken, TokenExchange } from '@munjigi/contracts/access'
import { Actor } from '@munjigi/contracts/tokens'
import type { VerifiedToken } from '@munjigi/identity/verified-token'
import { Type } from 'typebox'
import { Check } from 'typebox/value'
import { useKey } from '../api-keys/key-exchange.ts'
import type { UserDeps } from '../deps.ts'
import type { PersonRow } from '../people/person-rows.ts'
import { requireStanding } from '../people/standing.ts'
import { unknownCredential } from '../problems.ts'
import { prolongSession } from '../sessions/sessions.ts'
import { issueAccessToken, type TokenFacts } from '../tokens/access-token.ts'
import { timesWithin } from '../tokens/token-times.ts'
import { actFor, assertMayBeActedFor } from './acting.ts'

/** A platform token of at most 5 minutes for what the gateway was shown (DESIGN §4.6). */
export async function exchangeToken(deps: UserDeps, body: TokenExchange, requestId: string): Promise<ExchangedToken> {
  if ('api_key' in body) return exchangeKey(deps, body.api_key)
  const token = await verify(deps, body.token)
  const { person, facts } = 'act_for' in body ? await actFor(deps, token, body, requestId) : await renew(deps, token)
  const access_token = await issueAccessToken(deps, person, facts)
  return { access_token, expires_in: facts.exp - facts.iat, sub: person.sub }
}

async function exchangeKey(deps: UserDeps, key: string): Promise<ExchangedToken> {
  const { person, facts, key_id } = await useKey(deps, key)
  const access_token = await issueAccessToken(deps, person, facts)
  return { access_token, expires_in: facts.exp - facts.iat, sub: person.sub, key_id }
}

async function verify({ verifier }: UserDeps, token: string): Promise<VerifiedToken> {
  return (
    verifier.remembered(token) ??
    verifier.verify(token).catch((error: { status?: number }) => {
      throw error.status === 401 ? unknownCredential() : error
    })
  )
}

/** The same person and session, with the rights of now; dated before both are read, as in `useKey`. */
async function renew(deps: UserDeps, token: VerifiedToken): Promise<{ person: PersonRow; facts: TokenFacts }> {
  const times = timesWithin(token)
  const { person, session } = await requireStanding(deps.db, token, unknownCredential)
  const sid = token.sid ?? String(token.claims.jti)
  const carried = token.issuer.isPlatform ? carriedClaims(token) : {}
  if (carried.act !== undefined) await assertMayBeActedFor(deps.db, person)
  const facts = { ...times, sid, ...carried }
  if (session !== undefined) await prolongSession(deps.db, sid, facts.exp).execute()
  return { person, facts }
}

/** What limits a token is carried over. */
function carriedClaims({ claims }: VerifiedToken): Pick<TokenFacts, 'act' | 'amr' | 'scope'> {
  const { act, amr, scope } = claims
  return {
    ...(Check(Actor, act) && { act }),
    ...(Check(Type.Array(Type.String()), amr) && { amr }),
    ...(typeof scope === 'string' && { scope }),
  }
}
