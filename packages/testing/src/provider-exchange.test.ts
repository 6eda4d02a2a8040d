import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { decodeJwt } from 'jose'
import { SEEDED_PASSWORD, testProvider } from './provider.ts'
import { ACCESS_TOKEN, assertRefused, providerRequests } from './provider-requests.ts'

// Runs on dev-idp and, where MUNJIGI_TEST_KEYCLOAK_URL is set, on Keycloak: what passes here may be relied on.
const provider = await testProvider()
after(() => provider.close())
const { endpoint, authorizationUrl, post, exchange, redeem, userinfo } = providerRequests(provider)

test('an exchanged token is for the audience asked for, of the same person and session', async () => {
  const { access_token, session_state } = await provider.tokensOf('meal.choi', { scope: 'openid offline_access' })
  const { status, body } = await exchange(access_token, { audience: 'meal-service' })
  const claims = decodeJwt(body.access_token)

  assert.deepEqual([status, body.refresh_token, body.issued_token_type], [200, undefined, ACCESS_TOKEN])
  assert.deepEqual(
    { aud: claims.aud, azp: claims.azp, sub: claims.sub, sid: claims.sid, resource_access: claims.resource_access },
    {
      aud: 'meal-service',
      azp: 'kakao-bot',
      sub: decodeJwt(access_token).sub,
      sid: session_state,
      resource_access: { 'meal-service': { roles: ['meal_admin'] } },
    },
  )
  assert.equal((await userinfo(body.access_token)).status, 403)
  const asked = await exchange(access_token, { audience: 'meal-service', scope: 'openid' })
  assert.equal((await userinfo(asked.body.access_token)).status, 200)
})

test('an exchange that may not be is refused', async () => {
  const { access_token, id_token } = await provider.tokensOf('user.lee')
  const { fields } = await provider.signIn('user.lee', SEEDED_PASSWORD, authorizationUrl({}))
  const foreign = (await redeem(fields.code)).body.access_token

  assertRefused(await exchange(access_token, { audience: 'nobody' }), 400, 'invalid_client')
  assertRefused(
    await exchange(access_token, { audience: 'sso' }),
    400,
    'invalid_request',
    'Requested audience not available: sso',
  )
  assertRefused(await exchange(foreign), 403, 'access_denied')
  assertRefused(await exchange(access_token, {}, 'sso'), 400, 'invalid_request')
  assertRefused(await exchange('garbage'), 400, 'invalid_request', 'Invalid token')
  assertRefused(
    await exchange(id_token, { subject_token_type: 'urn:ietf:params:oauth:token-type:id_token' }),
    400,
    'invalid_request',
  )
  assertRefused(await exchange(access_token, { scope: 'nonsense' }), 400, 'invalid_scope')
  const wanted = { requested_token_type: 'urn:ietf:params:oauth:token-type:refresh_token' }
  assertRefused(await exchange(access_token, wanted), 400, 'invalid_request')
})

test('introspection answers only a client that the token is for', async () => {
  const { access_token, refresh_token } = await provider.tokensOf('user.lee')
  const asked = async (client: keyof typeof provider.clients, token = access_token) =>
    (await post('token/introspect', { token }, client)).body

  const known = await asked('meal-service')
  assert.deepEqual(
    { active: known.active, username: known.username, client_id: known.client_id },
    { active: true, username: 'user.lee', client_id: 'kakao-bot' },
  )
  assert.deepEqual(await asked('kakao-bot'), { active: false })
  assert.equal((await asked('meal-service', 'garbage')).active, false)
  await post('revoke', { token: refresh_token })
  assert.equal((await asked('meal-service')).active, false)
})

test('userinfo tells what the scopes allow, and nothing without a living token', async () => {
  const { access_token, refresh_token } = await provider.tokensOf('user.lee', { scope: 'openid email' })
  const info = (await (await userinfo(access_token)).json()) as Record<string, unknown>
  await post('logout', { refresh_token })

  assert.deepEqual([info.sub, info.email], [decodeJwt(access_token).sub, 'user.lee@example.com'])
  const refused = await userinfo(access_token)
  assert.equal(refused.status, 401)
  assert.match(refused.headers.get('www-authenticate') ?? '', /error="invalid_token"/)
  assert.equal((await fetch(endpoint('userinfo'))).status, 401)
})
