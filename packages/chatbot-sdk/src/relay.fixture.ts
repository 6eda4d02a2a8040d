import { randomUUID } from 'node:crypto'
import type { TestContext } from 'node:test'
import type { RelayCallback, UnlinkNotice } from '@munjigi/contracts/relay'
import type { Verifier } from '@munjigi/identity/verifier'
import { canonicalJson } from '@munjigi/sealing/canonical-json'
import { signatureOf } from '@munjigi/sealing/signature'
import type { TestIssuer } from '@munjigi/testing/issuer'
import { idpVerifier } from './idp-verifier.ts'

export const HMAC_SECRET = 'relay'
export const CLIENT = 'kakao-bot'

export const seconds = () => Math.floor(Date.now() / 1000)

/** What the relay posts: a body, and the headers that sign it. */
export function signed(payload: object, { secret = HMAC_SECRET, ascii = false } = {}) {
  const signature = signatureOf(secret, canonicalJson(payload, { ascii }))
  return { body: canonicalJson(payload, { ascii }), headers: { 'x-relay-signature': signature } }
}

const stamp = () => ({ ts: seconds(), nonce: randomUUID() })

interface Login {
  sub?: string
  sid?: string
  /** When it was, in seconds. */
  iat?: number
  typ?: string
}

/** Tokens as Keycloak gives them at a login. */
export function loginTokens(issuer: TestIssuer, login: Login = {}) {
  const { sub = randomUUID(), sid = randomUUID(), iat = seconds(), typ = 'Bearer' } = login
  const claims = { sub, sid, iat, exp: iat + 300, azp: CLIENT, aud: 'account', jti: randomUUID() }
  return {
    access_token: issuer.token({ ...claims, typ }, { typ: 'JWT' }),
    refresh_token: issuer.token({ ...claims, exp: undefined, typ: 'Offline' }, { typ: 'JWT' }),
  }
}

/** The ten fields (source 001) about tokens of a login. */
export function callbackOf(
  issuer: string,
  tokens: { access_token: string; refresh_token: string },
  changes: Partial<RelayCallback> = {},
): RelayCallback {
  return {
    issuer,
    aud: CLIENT,
    chatbot_user_id: `chat-${randomUUID()}`,
    client_key: CLIENT,
    relay_access_token: tokens.access_token,
    offline_refresh_token: tokens.refresh_token,
    expires_in: 300,
    refresh_expires_in: 0,
    ...stamp(),
    ...changes,
  }
}

export const unlinkNotice = (chatbot_user_id: string, changes: Partial<UnlinkNotice> = {}): UnlinkNotice => ({
  event: 'unlink',
  client_key: CLIENT,
  chatbot_user_id,
  ...stamp(),
  ...changes,
})

/** A verifier of an issuer's tokens for this client, its keys in hand; it ends with the test. */
export async function verifierOf(t: TestContext, { issuer, jwksUri }: TestIssuer, now = Date.now): Promise<Verifier> {
  const loadKeys = async () => (await (await fetch(jwksUri)).json()) as { keys: object[] }
  const verifier = idpVerifier({ issuer, clientId: CLIENT, loadKeys, now })
  t.after(verifier.close)
  await verifier.prefetch()
  return verifier
}
