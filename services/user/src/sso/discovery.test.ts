import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import type { RequestListener } from 'node:http'
import { after, before, test } from 'node:test'
import { type TestIssuer, testIssuer } from '@munjigi/testing/issuer'
import { decodeJwt } from 'jose'
import { refusalOf } from '../refusal.fixture.ts'
import { PLATFORM, type TestService, testBrowser, testService } from '../service.fixture.ts'

const SUB = '6b0f0000-0000-4000-8000-00000000000a'
type Claims = Record<string, unknown>

let issuer: TestIssuer
let service: TestService
/** What the token endpoint answers to a code; undefined: not at all. */
let tokenAnswer: () => { status: number; body: object } | undefined

const endpoints: RequestListener = (request, response) => {
  const answer = answerTo(new URL(request.url ?? '', issuer.issuer).pathname)
  if (answer === undefined) return
  response.writeHead(answer.status, { 'content-type': 'application/json' })
  response.end(JSON.stringify(answer.body))
}

function answerTo(path: string) {
  if (path === '/token') return tokenAnswer()
  if (path.endsWith('/jwks.json')) return { status: 200, body: { keys: issuer.publishedKeys } }
  const at = issuer.issuer
  const body = {
    issuer: at,
    jwks_uri: issuer.jwksUri,
    authorization_endpoint: `${at}/auth`,
    token_endpoint: `${at}/token`,
    end_session_endpoint: `${at}/logout`,
    id_token_signing_alg_values_supported: ['RS256'],
  }
  return { status: 200, body }
}

before(async () => {
  issuer = await testIssuer()
  issuer.answerWith(endpoints)
  service = await testService({
    issuers: [
      {
        issuer: 'https://kakao.example.com',
        jwks_uri: issuer.jwksUri,
        algorithms: ['RS256'],
        audiences: ['munjigi'],
        people: 'own',
        name: 'kakao',
        unknown_people: 'refuse',
      },
    ],
    env: { IDP_ISSUER: issuer.issuer, IDP_CLIENT_ID: 'sso', IDP_CLIENT_SECRET: 'secret', SSO_TOKEN_DELIVERY: 'token' },
  })
})
after(async () => {
  await service.close()
  await issuer.close()
})

const idToken = (nonce: string | null, claims: Claims) =>
  issuer.token(
    { aud: 'sso', sub: SUB, nonce, loginid: 'user.lee', typ: 'ID', azp: 'sso', jti: undefined, ...claims },
    { typ: 'JWT' },
  )
const leftHalf = (text: string) => createHash('sha256').update(text).digest().subarray(0, 16).toString('base64url')

interface Tampering {
  front?: Claims
  back?: Claims
  access?: Claims
}

async function signIn({ front = {}, back = {}, access = {} }: Tampering = {}) {
  const browser = testBrowser(service.url)
  const login = await browser.begin()
  const nonce = login.searchParams.get('nonce')
  const access_token = issuer.token({ aud: 'account', sub: SUB, typ: 'Bearer', ...access }, { typ: 'JWT' })
  tokenAnswer = () => ({
    status: 200,
    body: { access_token, token_type: 'Bearer', expires_in: 300, id_token: idToken(nonce, back) },
  })
  const code = 'the-code'
  const fields = {
    state: login.searchParams.get('state') ?? '',
    code,
    id_token: idToken(nonce, { c_hash: leftHalf(code), ...front }),
  }
  const answer = await browser.callback(fields, { accept: 'application/json' })
  return { browser, answer, fields, login }
}

const tokenOf = (answer: Response) => new URL(answer.headers.get('location') ?? '').searchParams.get('token') ?? ''

test('the login asks for code and id_token by form_post, at configured addresses only', async () => {
  const login = await testBrowser(service.url).begin()

  assert.equal(login.origin + login.pathname, `${issuer.issuer}/auth`)
  assert.equal(login.searchParams.get('response_type'), 'code id_token')
  assert.equal(login.searchParams.get('response_mode'), 'form_post')
  assert.equal(login.searchParams.get('redirect_uri'), 'http://localhost/api/auth/callback/')
  assert.match(login.searchParams.get('state') ?? '', /^[\w-]{43}$/)
  assert.match(login.searchParams.get('nonce') ?? '', /^[\w-]{43}$/)
})

test("the platform's subject is the IdP's, and its roles of this login stand in the token and in the database", async () => {
  const roles = {
    realm_access: { roles: ['offline_access', 'global_admin'] },
    resource_access: { 'meal-service': { roles: ['meal_admin'] } },
  }
  const { answer } = await signIn({ access: roles })
  const claims = decodeJwt(tokenOf(answer))

  assert.equal(claims.iss, PLATFORM)
  assert.equal(claims.sub, SUB)
  assert.deepEqual(claims.realm_access, { roles: ['global_admin', 'offline_access'] })
  assert.deepEqual(claims.resource_access, roles.resource_access)
})

test('roles that the IdP took away end the worth of older tokens, those it keeps in another order do not', async () => {
  const changedAt = async () => {
    const row = await service.db
      .selectFrom('people')
      .select('rights_changed_at')
      .where('sub', '=', SUB)
      .executeTakeFirst()
    return row?.rights_changed_at
  }
  await signIn({ access: { realm_access: { roles: ['a', 'b'] } } })
  await service.db.updateTable('people').set({ rights_changed_at: 0 }).where('sub', '=', SUB).execute()
  await signIn({ access: { realm_access: { roles: ['b', 'a'] } } })
  assert.equal(await changedAt(), 0)
  const { answer } = await signIn({ access: { realm_access: { roles: ['a'] } } })

  assert.notEqual(await changedAt(), 0)
  assert.ok((decodeJwt(tokenOf(answer)).iat ?? 0) > ((await changedAt()) ?? 0))
})

const refused: [name: string, tampering: Tampering][] = [
  ['with another nonce in front', { front: { nonce: 'other' } }],
  ['with another nonce behind', { back: { nonce: 'other' } }],
  ['for another client in front', { front: { aud: 'other' } }],
  ['for another client behind', { back: { aud: 'other' } }],
  ['of another authorised party', { front: { aud: ['sso', 'other'], azp: 'other' } }],
  ['for another code', { front: { c_hash: leftHalf('another-code') } }],
  ['without c_hash', { front: { c_hash: undefined } }],
  ['of another issuer', { front: { iss: 'https://evil.example.com' } }],
  ['that has ended', { front: { exp: Math.floor(Date.now() / 1000) - 100 } }],
  ['that speaks of another person than the one behind', { front: { sub: 'somebody-else' } }],
  ['that is an access token', { front: { typ: 'Bearer' } }],
  ['with an access token of another person', { access: { sub: 'somebody-else', realm_access: { roles: [] } } }],
  ['with an access token of another issuer', { access: { iss: 'https://evil.example.com' } }],
]
for (const [name, tampering] of refused) {
  test(`an id_token ${name} is refused`, async () => {
    assert.deepEqual(await refusalOf((await signIn(tampering)).answer), [400, 'sso-answer-invalid'])
  })
}

test('a subject becomes ours only if it can stand in a header and is not read as one of another issuer', async () => {
  for (const sub of ['kakao|7', 'a\r\nb', ' a', '홍길동', 'x'.repeat(256)]) {
    const { answer } = await signIn({ front: { sub }, back: { sub }, access: { sub } })
    assert.deepEqual(await refusalOf(answer), [400, 'sso-answer-invalid'])
  }
  const sub = 'auth0|7'
  const { answer } = await signIn({ front: { sub, loginid: sub }, back: { sub, loginid: sub }, access: { sub } })
  assert.equal(decodeJwt(tokenOf(answer)).sub, sub)
})

test('an id_token by a foreign key is refused', async () => {
  const forger = await testIssuer({ issuer: issuer.issuer, kid: issuer.kid })
  const browser = testBrowser(service.url)
  const login = await browser.begin()
  const claims = { aud: 'sso', sub: SUB, nonce: login.searchParams.get('nonce'), c_hash: leftHalf('the-code') }
  const fields = { state: login.searchParams.get('state') ?? '', code: 'the-code', id_token: forger.token(claims) }
  const answer = await browser.callback(fields, { accept: 'application/json' })
  await forger.close()

  assert.deepEqual(await refusalOf(answer), [400, 'sso-answer-invalid'])
})

test('a code that the IdP does not know, refuses, or stumbles over ends in the right refusal', async () => {
  const outcomes: [number, object, [number, string]][] = [
    [400, { error: 'invalid_grant', error_description: 'Code not valid' }, [400, 'sso-answer-invalid']],
    [401, { error: 'unauthorized_client' }, [502, 'sso-provider-error']],
    [503, { error: 'server_error' }, [503, 'sso-unavailable']],
  ]
  for (const [status, body, expected] of outcomes) {
    const browser = testBrowser(service.url)
    const login = await browser.begin()
    tokenAnswer = () => ({ status, body })
    const id_token = idToken(login.searchParams.get('nonce'), { c_hash: leftHalf('x') })
    const fields = { state: login.searchParams.get('state') ?? '', code: 'x', id_token }

    assert.deepEqual(await refusalOf(await browser.callback(fields, { accept: 'application/json' })), expected)
  }
})

test('a frozen IdP is answered for, the login goes on, and the next one after it thaws works', async () => {
  const browser = testBrowser(service.url)
  const login = await browser.begin()
  tokenAnswer = () => undefined
  const id_token = idToken(login.searchParams.get('nonce'), { c_hash: leftHalf('x') })
  const fields = { state: login.searchParams.get('state') ?? '', code: 'x', id_token }
  assert.deepEqual(await refusalOf(await browser.callback(fields, { accept: 'application/json' })), [
    503,
    'sso-unavailable',
  ])

  assert.equal((await browser.begin()).origin, issuer.issuer)
  assert.equal((await signIn()).answer.status, 302)
})

test('a service whose IdP is down starts, says so at a login, and finds it when it is back', async (t) => {
  const late = await testIssuer()
  t.after(late.close)
  late.answerWith((_request, response) => response.writeHead(503).end())
  const browser = testBrowser(await service.start({ env: { IDP_ISSUER: late.issuer } }))
  const json = { accept: 'application/json' }
  assert.deepEqual(await refusalOf(await browser.get('/api/auth/login/', json)), [503, 'sso-unavailable'])
  late.answerWith((_request, response) => {
    const authorization_endpoint = `${late.issuer}/auth`
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ issuer: late.issuer, jwks_uri: late.jwksUri, authorization_endpoint }))
  })

  assert.equal((await browser.begin()).origin, late.issuer)
})
