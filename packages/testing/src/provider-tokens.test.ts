import assert from 'node:assert/strict'
import { randomUUID, verify, X509Certificate } from 'node:crypto'
import { after, test } from 'node:test'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import { type TokenAnswer, testProvider } from './provider.ts'
import { assertRefused, HYBRID, providerRequests } from './provider-requests.ts'

// Runs on dev-idp and, where MUNJIGI_TEST_KEYCLOAK_URL is set, on Keycloak: what passes here may be relied on.
const provider = await testProvider()
after(() => provider.close())
const { endpoint, authorizationUrl, post, redeem, signingKey } = providerRequests(provider)

test('discovery names the issuer and the endpoints below it', async () => {
  const document = (await (await fetch(`${provider.issuer}/.well-known/openid-configuration`)).json()) as Record<
    string,
    string
  >

  assert.equal(document.issuer, provider.issuer)
  const names = {
    authorization: 'auth',
    token: 'token',
    introspection: 'token/introspect',
    userinfo: 'userinfo',
    end_session: 'logout',
    revocation: 'revoke',
  }
  for (const [name, path] of Object.entries(names)) assert.equal(document[`${name}_endpoint`], endpoint(path))
  assert.equal(document.jwks_uri, endpoint('certs'))
})

test('the key set has an encryption key, and the certificate of the signing key verifies a token', async () => {
  const token = await provider.clientToken('notice-service')
  const { keys, key } = await signingKey(token)

  assert.ok(keys.some(({ use, alg }) => use === 'enc' && alg === 'RSA-OAEP'))
  assert.deepEqual({ use: key?.use, alg: key?.alg }, { use: 'sig', alg: 'RS256' })
  const [header, payload, signature] = token.split('.')
  const { publicKey } = new X509Certificate(Buffer.from(key?.x5c[0] ?? '', 'base64'))
  assert.ok(verify('sha256', Buffer.from(`${header}.${payload}`), publicKey, Buffer.from(signature ?? '', 'base64url')))
})

test('an access token says who, for whom and what', async () => {
  const answer = await provider.tokensOf('meal.choi', { scope: 'openid profile email' })
  const claims = decodeJwt(answer.access_token)

  assert.deepEqual(
    {
      typ: claims.typ,
      azp: claims.azp,
      iss: claims.iss,
      sid: claims.sid,
      name: claims.preferred_username,
      mail: claims.email,
    },
    {
      typ: 'Bearer',
      azp: 'kakao-bot',
      iss: provider.issuer,
      sid: answer.session_state,
      name: 'meal.choi',
      mail: 'meal.choi@example.com',
    },
  )
  assert.match(String(claims.jti), /^onrtac:/)
  assert.match(String(claims.sid), /^[\w-]{24}$/)
  assert.deepEqual(new Set(claims.aud), new Set(['account', 'meal-service']))
  assert.deepEqual(claims.resource_access, {
    account: { roles: ['manage-account', 'manage-account-links', 'view-profile'] },
    'meal-service': { roles: ['meal_admin'] },
  })
  assert.deepEqual(
    new Set((claims.realm_access as { roles: string[] }).roles),
    new Set(['default-roles-munjigi', 'offline_access', 'uma_authorization']),
  )
  assert.equal(Number(claims.exp) - Number(claims.iat), 300)
})

test('a realm role is in the token of who has it', async () => {
  const { access_token } = await provider.tokensOf('global.jung')

  assert.ok((decodeJwt(access_token).realm_access as { roles: string[] }).roles.includes('global_admin'))
})

test('only the claim typ tells the three tokens apart', async () => {
  const { access_token, id_token, refresh_token } = await provider.tokensOf('user.lee')

  for (const [token, typ] of [
    [access_token, 'Bearer'],
    [id_token, 'ID'],
    [refresh_token, 'Refresh'],
  ] as const)
    assert.deepEqual([decodeProtectedHeader(token).typ, decodeJwt(token).typ], ['JWT', typ])
})

test('roles given to somebody are in their next token', async () => {
  const username = `person-${randomUUID()}`
  await provider.addUser({
    username,
    password: 'pw',
    realmRoles: ['global_admin'],
    clientRoles: { 'meal-service': ['meal_admin'] },
    attributes: { username_kr: ['김새롬'] },
  })
  const { fields } = await provider.signIn(username, 'pw', authorizationUrl(HYBRID))
  const claims = decodeJwt((await redeem(fields.code)).body.access_token)

  assert.ok((claims.realm_access as { roles: string[] }).roles.includes('global_admin'))
  assert.deepEqual((claims.resource_access as Record<string, unknown>)['meal-service'], { roles: ['meal_admin'] })
  assert.equal(decodeJwt(fields.id_token ?? '').username, '김새롬')
})

test('a client account has a stable sub, its own roles and no session', async () => {
  const claims = decodeJwt(await provider.clientToken('notice-service'))

  assert.deepEqual(
    { sub: claims.sub, azp: claims.azp, client_id: claims.client_id, sid: claims.sid, name: claims.preferred_username },
    {
      sub: '6b0f0000-0000-4000-8000-000000000009',
      azp: 'notice-service',
      client_id: 'notice-service',
      sid: undefined,
      name: 'service-account-notice-service',
    },
  )
  assert.deepEqual((claims.resource_access as Record<string, unknown>)['meal-service'], { roles: ['meal_admin'] })
  assertRefused(await post('token', { grant_type: 'client_credentials' }), 401, 'unauthorized_client')
})

test('a client may prove itself by HTTP Basic', async () => {
  const { id, secret } = provider.clients['notice-service']
  const response = await fetch(endpoint('token'), {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}` },
    body: new URLSearchParams({ grant_type: 'client_credentials' }),
  })

  assert.equal(response.status, 200)
})

test('after a rotation a new key signs, and what the old one signed stays good', async (t) => {
  // A realm of its own: whoever else uses the shared one would meet keys that they do not know yet.
  const own = await testProvider({ realm: {} })
  t.after(own.close)
  const { refresh, signingKey, userinfo } = providerRequests(own)
  const old: TokenAnswer = await own.tokensOf('user.lee', { scope: 'openid offline_access' })
  await own.rotateKeys()
  const renewed = (await refresh(old.refresh_token)).body.access_token
  const [before, now] = [await signingKey(old.access_token), await signingKey(renewed)]

  assert.ok(before.key && now.key)
  assert.notEqual(now.key.kid, before.key.kid)
  assert.equal((await userinfo(old.access_token)).status, 200)
})
