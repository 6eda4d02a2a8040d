import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import { decodeProtectedHeader } from 'jose'
import type { Provider } from './provider.ts'

const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'
export const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token'
export const REDIRECT_URI = 'http://localhost:4711/callback'

/** Parameters of OpenID Connect's hybrid flow with `form_post`. */
export const HYBRID = { response_type: 'code id_token', response_mode: 'form_post', nonce: 'n-1' }

/** What clients send a provider, by default as `kakao-bot`, and its answers unread. */
export function providerRequests(provider: Provider) {
  const endpoint = (name: string) => `${provider.issuer}/protocol/openid-connect/${name}`

  const post = async (name: string, form: Record<string, string>, client: keyof Provider['clients'] = 'kakao-bot') => {
    const { id, secret } = provider.clients[client]
    const body = new URLSearchParams({ client_id: id, client_secret: secret, ...form })
    const response = await fetch(endpoint(name), { method: 'POST', body, redirect: 'manual' })
    const text = await response.text()
    return { status: response.status, body: text.startsWith('{') ? JSON.parse(text) : text }
  }

  return {
    endpoint,
    post,
    /** At `sso` unless said otherwise; `undefined` leaves a parameter out. */
    authorizationUrl(parameters: Record<string, string | undefined>): string {
      const defaults = {
        client_id: 'sso',
        response_type: 'code',
        redirect_uri: REDIRECT_URI,
        scope: 'openid',
        state: 'st',
      }
      const given = Object.entries({ ...defaults, ...parameters }).filter(
        (entry): entry is [string, string] => entry[1] !== undefined,
      )
      return `${endpoint('auth')}?${new URLSearchParams(given)}`
    },
    refresh: (refresh_token: string, client?: keyof Provider['clients']) =>
      post('token', { grant_type: 'refresh_token', refresh_token }, client),
    exchange: (subject_token: string, more: Record<string, string> = {}, client?: keyof Provider['clients']) =>
      post('token', { grant_type: EXCHANGE, subject_token, subject_token_type: ACCESS_TOKEN, ...more }, client),
    redeem: (code: string | undefined, more: Record<string, string> = {}) =>
      post('token', { grant_type: 'authorization_code', code: code ?? '', redirect_uri: REDIRECT_URI, ...more }, 'sso'),
    userinfo: (token: string) => fetch(endpoint('userinfo'), { headers: { authorization: `Bearer ${token}` } }),
    /** Somebody of this test alone. */
    async newPerson() {
      const username = `person-${randomUUID()}`
      const sub = await provider.addUser({ username, password: 'pw' })
      const signIn = (scope = 'openid') => provider.tokensOf(username, { password: 'pw', scope })
      return { username, sub, signIn }
    },
    /** The published key set, and the key in it that signed a token. */
    async signingKey(token: string) {
      const { keys } = (await (await fetch(endpoint('certs'))).json()) as {
        keys: { kid: string; use: string; alg: string; x5c: string[] }[]
      }
      return { keys, key: keys.find((key) => key.kid === decodeProtectedHeader(token).kid) }
    },
  }
}

/** Asserts an OAuth refusal: status, `error`, and the description where one is relied on. */
export function assertRefused(
  answer: { status: number; body: { error?: string; error_description?: string } },
  status: number,
  error: string,
  description?: string,
): void {
  assert.deepEqual({ status: answer.status, error: answer.body.error }, { status, error })
  if (description !== undefined) assert.equal(answer.body.error_description, description)
}

const secondNow = () => Math.floor(Date.now() / 1_000)

/** Providers count in whole seconds: what ends earlier tokens spares those of the same second. */
export async function nextSecond(): Promise<void> {
  const second = secondNow()
  // A timer may end a moment before its time.
  while (secondNow() === second) await setTimeout(1_000 - (Date.now() % 1_000))
}
