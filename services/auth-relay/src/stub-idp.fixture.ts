import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import type { TestContext } from 'node:test'
import { testUpstream } from '@munjigi/testing/upstream'
import { SignJWT } from 'jose'

/** What the id_token of an answer says otherwise than it should; `undefined` leaves a claim out. */
export interface Answer {
  claims?: Record<string, unknown>
  key?: KeyObject
  /** Replaces members of the token endpoint's answer; `undefined` leaves one out. */
  body?: Record<string, unknown>
  /** Awaited before the tokens are given. */
  before?: () => Promise<unknown>
}

const CLIENT_ID = 'kakao-bot'
const now = () => Math.floor(Date.now() / 1000)

/** An identity provider whose answers can be wrong in any way; it signs nobody in, its code is any. */
export async function stubIdp(t: TestContext) {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'k1', use: 'sig', alg: 'RS256' }
  const revoked: string[] = []
  const exchanged: string[] = []
  const answers = new Map<string, Answer & { nonce: string | null }>()

  const tokens = async (form: URLSearchParams) => {
    const { nonce, claims, key = privateKey, body, before } = answers.get(form.get('code') ?? '') ?? { nonce: null }
    exchanged.push(form.get('code') ?? '')
    await before?.()
    const honest = { iss: issuer, aud: CLIENT_ID, azp: CLIENT_ID, sub: 'p-1', nonce, iat: now(), exp: now() + 300 }
    const idToken = new SignJWT({ ...honest, ...claims }).setProtectedHeader({ alg: 'RS256', kid: 'k1' })
    return {
      access_token: 'access-of-stub',
      refresh_token: 'offline-of-stub',
      token_type: 'Bearer',
      expires_in: 300,
      refresh_expires_in: 0,
      scope: 'openid offline_access',
      id_token: await idToken.sign(key),
      ...body,
    }
  }
  const upstream = await testUpstream((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', async () => {
      const form = new URLSearchParams(Buffer.concat(chunks).toString())
      response.setHeader('content-type', 'application/json')
      const path = request.url?.split('/').at(-1)
      if (path === 'revoke') revoked.push(form.get('token') ?? '')
      const body = {
        'openid-configuration': () => discovery,
        certs: () => ({ keys: [jwk] }),
        token: () => tokens(form),
      }
      response.end(JSON.stringify((await body[path as keyof typeof body]?.()) ?? {}))
    })
  })
  t.after(upstream.close)
  const issuer = `${upstream.url}/realms/stub`
  const discovery = {
    issuer,
    authorization_endpoint: `${issuer}/auth`,
    token_endpoint: `${issuer}/token`,
    revocation_endpoint: `${issuer}/revoke`,
    jwks_uri: `${issuer}/certs`,
    id_token_signing_alg_values_supported: ['RS256'],
  }
  return {
    issuer,
    clients: { 'kakao-bot': { id: CLIENT_ID, secret: 'stub-secret' } },
    /** What was revoked, oldest first. */
    revoked,
    /** The codes that tokens were asked for. */
    exchanged,
    /** Answers a login with a code, whose tokens are as `wrong` says; the call-back's address. */
    signIn(login: URL, wrong: Answer = {}): URL {
      const { searchParams } = login
      const code = `code-${answers.size}`
      answers.set(code, { ...wrong, nonce: searchParams.get('nonce') })
      const back = new URL(searchParams.get('redirect_uri') ?? '')
      back.search = new URLSearchParams({ code, state: searchParams.get('state') ?? '' }).toString()
      return back
    },
  }
}
