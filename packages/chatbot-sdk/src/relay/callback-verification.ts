import type { IncomingHttpHeaders } from 'node:http'
import { RelayCallback } from '@munjigi/contracts/relay'
import type { Verifier } from '@munjigi/identity/verifier'
import type { Store } from '@munjigi/store/store'
import { refusedAs } from '../idp-verifier.ts'
import { type GivenTokens, isRefreshTokenOf } from '../tokens-at-rest.ts'
import { readRelayMessage, requireStorable } from './relay-message.ts'
import {
  accessTokenInvalid,
  audienceMismatch,
  clientMismatch,
  issuerMismatch,
  offlineTokenInvalid,
} from './relay-problems.ts'

/** A login that the relay brought: whose it is here and there, and its tokens. */
export type BroughtLogin = GivenTokens & { chatbotUserId: string; sub: string }

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
  requireStorable(callback)
  if (callback.issuer !== trust.idp.issuer) throw issuerMismatch()
  if (callback.aud !== trust.idp.clientId) throw audienceMismatch()
  if (callback.client_key !== trust.relay.clientKey) throw clientMismatch()
  const { sub } = await trust.verifier.verify(callback.relay_access_token).catch(refusedAs(accessTokenInvalid))
  if (!isRefreshTokenOf(sub, callback.offline_refresh_token)) throw offlineTokenInvalid()
  return {
    chatbotUserId: callback.chatbot_user_id,
    sub,
    access_token: callback.relay_access_token,
    refresh_token: callback.offline_refresh_token,
    expires_in: callback.expires_in,
    refresh_expires_in: callback.refresh_expires_in,
  }
}
