import type { IncomingHttpHeaders } from 'node:http'
import { RelayCallback } from '@munjigi/contracts/relay'
import type { VerifiedToken, Verifier } from '@munjigi/identity/verifier'
import { Problem } from '@munjigi/problem'
import type { Store } from '@munjigi/store/store'
import { decodeJwt } from 'jose'
import { readRelayMessage } from './relay-message.ts'
import {
  accessTokenInvalid,
  audienceMismatch,
  callbackMalformed,
  clientMismatch,
  issuerMismatch,
  offlineTokenInvalid,
} from './relay-problems.ts'

/** Claim `typ` of the refresh tokens of Keycloak (KEYCLOAK.md, fact 1). */
const REFRESH_TYPES: unknown[] = ['Offline', 'Refresh', undefined]

/** A login that the relay brought: who at the messenger, who at the IdP, and the tokens. */
export interface BroughtLogin {
  kakao_id: string
  sub: string
  access_token: string
  refresh_token: string
  access_token_expires_at: Date
  /** Null: no end. */
  refresh_token_expires_at: Date | null
  /** By the IdP's clock, in whole seconds. */
  login_at: Date
}

export interface CallbackTrust {
  relay: { clientKey: string; hmacSecret: string }
  idp: { issuer: string; clientId: string }
  /** Of the issuer's access tokens for this client. */
  verifier: Verifier
  /** Where nonces are spent. */
  store: Store
  now: () => number
}

/**
 * Checks a call-back of the relay whole, in the order signature, time, nonce, shape, issuer, audience, client, tokens.
 * @throws Problem 400 `callback-malformed`; 401 for everything that does not hold; 503 `keys-unavailable`
 */
export async function verifyCallback(
  rawBody: Buffer | string,
  headers: IncomingHttpHeaders,
  trust: CallbackTrust,
): Promise<BroughtLogin> {
  const callback = await readRelayMessage(RelayCallback, rawBody, headers, trust)
  // No database takes it as text.
  if (callback.chatbot_user_id.includes('\0')) throw callbackMalformed('/chatbot_user_id must not hold NUL')
  if (callback.issuer !== trust.idp.issuer) throw issuerMismatch()
  if (callback.aud !== trust.idp.clientId) throw audienceMismatch()
  if (callback.client_key !== trust.relay.clientKey) throw clientMismatch()
  const { sub, exp, iat } = await verifyAccessToken(callback.relay_access_token, trust.verifier)
  if (!isRefreshTokenOf(sub, callback.offline_refresh_token)) throw offlineTokenInvalid()
  const endsIn = callback.refresh_expires_in
  return {
    kakao_id: callback.chatbot_user_id,
    sub,
    access_token: callback.relay_access_token,
    refresh_token: callback.offline_refresh_token,
    access_token_expires_at: new Date(exp * 1000),
    refresh_token_expires_at: endsIn === 0 ? null : new Date((callback.ts + endsIn) * 1000),
    login_at: new Date(iat * 1000),
  }
}

async function verifyAccessToken(token: string, verifier: Verifier): Promise<VerifiedToken> {
  try {
    return await verifier.verify(token)
  } catch (error) {
    if (error instanceof Problem && error.status === 401) throw accessTokenInvalid(error.detail ?? error.title)
    throw error
  }
}

/** A refresh token is signed for its issuer's eyes alone, and need be no JWT. */
function isRefreshTokenOf(sub: string, token: string): boolean {
  let claims: { sub?: unknown; typ?: unknown }
  try {
    claims = decodeJwt(token)
  } catch {
    return true
  }
  return claims.sub === sub && REFRESH_TYPES.includes(claims.typ)
}
