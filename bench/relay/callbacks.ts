import { createHmac, createPublicKey, type KeyObject, randomBytes, randomUUID, verify } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { idpVerifier } from '@munjigi/chatbot-sdk/idp-verifier'
import { type CallbackTrust, verifyCallback } from '@munjigi/chatbot-sdk/relay/callback-verification'
import { X_RELAY_SIGNATURE } from '@munjigi/contracts/headers'
import type { RelayCallback } from '@munjigi/contracts/relay'
import type { Problem } from '@munjigi/problem'
import { canonicalJson } from '@munjigi/sealing/canonical-json'
import { signatureOf } from '@munjigi/sealing/signature'
import type { Store } from '@munjigi/store/store'
import { type Done, repeat } from '../work.ts'
import { CLIENT_ID, type IssuerKey, keycloakTokens, TOKEN_LIFETIME_S } from './keycloak-tokens.ts'

const HMAC_SECRET = 'bench-0123456789-abcdefghijklmnopqrstuvwxyz'
const AT_ONCE = 32

interface Callback {
  body: Buffer
  headers: IncomingHttpHeaders
  token: string
}

/** Call-backs of people who all come for the first time: signature, time, nonce, shape and token are checked. */
export function callbackWorks(key: IssuerKey, stores: Record<string, Store>) {
  const tokens = keycloakTokens(key)
  const verifier = idpVerifier({ issuer: key.issuer, clientId: CLIENT_ID, loadKeys: () => keysOf(key), now: Date.now })
  const trustIn = (store: Store): CallbackTrust => ({
    relay: { clientKey: CLIENT_ID, hmacSecret: HMAC_SECRET },
    idp: { issuer: key.issuer, clientId: CLIENT_ID },
    verifier,
    store,
    now: Date.now,
  })
  const publicKey = createPublicKey({ key: key.jwk, format: 'jwk' })
  const callbacks = (count: number) => Array.from({ length: count }, () => newCallback(key.issuer, tokens))

  return {
    async verified(store: string, count: number): Promise<Done> {
      await verifier.prefetch()
      const trust = trustIn(stores[store] as Store)
      await requireRefusals(callbacks(3), trust)
      const given = callbacks(count)
      return repeat(count, AT_ONCE, (index) => {
        const { body, headers } = given[index] as Callback
        return verifyCallback(body, headers, trust)
      })
    },
    async bare(count: number): Promise<Done> {
      const given = callbacks(count)
      return repeat(count, 1, (index) => bareVerification(given[index] as Callback, publicKey))
    },
  }
}

const keysOf = async ({ issuer }: IssuerKey) => (await (await fetch(`${issuer}/certs`)).json()) as { keys: object[] }

/** What checks nothing is fast: each of the checks that are measured has to refuse something first. */
async function requireRefusals([first, second, third]: Callback[], trust: CallbackTrust): Promise<void> {
  const { body, headers } = first as Callback
  await verifyCallback(body, headers, trust)
  const forged = Buffer.from(second?.body.toString().replace(/(?<="relay_access_token":"[^"]{900})./, '_') ?? '')
  const signed = { [X_RELAY_SIGNATURE]: signatureOf(HMAC_SECRET, forged.toString()) }
  const expected = {
    'nonce-used': [body, headers],
    'access-token-invalid': [forged, signed],
    'relay-signature-invalid': [third?.body, headers],
  } as const
  for (const [type, [given, by]] of Object.entries(expected)) {
    const answer = await verifyCallback(given as Buffer, by, trust).catch((error: Problem) => error.type)
    if (answer !== type) throw new Error(`a call-back that is ${type} was not refused so`)
  }
}

function newCallback(issuer: string, tokens: ReturnType<typeof keycloakTokens>): Callback {
  const sub = randomUUID()
  const token = tokens.access(sub)
  const callback: RelayCallback = {
    issuer,
    aud: CLIENT_ID,
    chatbot_user_id: `사용자-${sub}`,
    client_key: CLIENT_ID,
    relay_access_token: token,
    offline_refresh_token: tokens.offline(sub),
    expires_in: TOKEN_LIFETIME_S,
    refresh_expires_in: 0,
    ts: Math.floor(Date.now() / 1000),
    nonce: randomBytes(18).toString('base64url'),
  }
  const text = canonicalJson(callback)
  return { body: Buffer.from(text), headers: { [X_RELAY_SIGNATURE]: signatureOf(HMAC_SECRET, text) }, token }
}

/** What Node's own functions need for the two signatures, once the parts lie before them. */
function bareVerification({ body, headers, token }: Callback, key: KeyObject): void {
  const mac = createHmac('sha256', HMAC_SECRET).update(body).digest('base64url')
  const end = token.lastIndexOf('.')
  const isSigned = verify(
    'sha256',
    Buffer.from(token.slice(0, end)),
    key,
    Buffer.from(token.slice(end + 1), 'base64url'),
  )
  if (mac !== headers[X_RELAY_SIGNATURE] || !isSigned) throw new Error('a call-back of the bench is not signed')
}
