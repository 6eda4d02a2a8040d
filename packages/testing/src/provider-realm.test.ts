import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { decodeJwt } from 'jose'
import { testProvider } from './provider.ts'
import { assertRefused, nextSecond, providerRequests } from './provider-requests.ts'

const OFFLINE = { scope: 'openid offline_access' }
const IDLE_SECONDS = 1

// Runs on dev-idp and, where MUNJIGI_TEST_KEYCLOAK_URL is set, on Keycloak: what passes here may be relied on.
const strict = await testProvider({
  realm: {
    accessTokenLifespan: 77,
    revokeRefreshToken: true,
    refreshTokenMaxReuse: 0,
  },
})
after(() => strict.close())
const lenient = await testProvider({
  realm: { revokeRefreshToken: false },
  realmVariables: { KAKAO_BOT__SECRETS: 'another-secret' },
})
after(() => lenient.close())

test('a realm of its own has the people and clients of the file under new ids, and nothing to do with another', async () => {
  const own = decodeJwt((await lenient.tokensOf('meal.choi')).access_token)
  const foreign = await strict.tokensOf('meal.choi', OFFLINE)
  const names = await Promise.all([strict, lenient].map((provider) => provider.clientToken('notice-service')))

  assert.equal(lenient.clients['kakao-bot'].secret, 'another-secret')
  assert.notEqual(own.sub, '6b0f0000-0000-4000-8000-000000000004')
  assert.notEqual(own.sub, decodeJwt(foreign.access_token).sub)
  assert.ok((own.realm_access as { roles: string[] }).roles.includes('offline_access'))
  assert.equal(new Set(names.map((token) => decodeJwt(token).iss)).size, 2)
  const answer = await providerRequests(lenient).refresh(foreign.refresh_token)
  assertRefused(answer, 400, 'invalid_grant', 'Invalid refresh token')
})

test('an access token lives as long as the realm says', async () => {
  const { access_token, expires_in } = await strict.tokensOf('user.lee')
  const { exp, iat } = decodeJwt(access_token)

  assert.deepEqual([expires_in, Number(exp) - Number(iat)], [77, 77])
})

test('where no reuse is allowed, parallel refreshes serve one and end its login too', async () => {
  const { refresh } = providerRequests(strict)
  const { refresh_token } = await strict.tokensOf('user.lee', OFFLINE)
  const answers = await Promise.all(Array.from({ length: 5 }, () => refresh(refresh_token)))
  const served = answers.filter(({ status }) => status === 200)

  assert.equal(served.length, 1)
  const { status, body } = await refresh(served[0]?.body.refresh_token)
  assert.deepEqual([status, body.error], [400, 'invalid_grant'])
  // Of the refusals that end the login Keycloak lets one take the client away, or a later one the session with it.
  assert.match(body.error_description ?? '', /^(Session doesn't have required client|Offline user session not found)$/)
})

test('where refresh tokens are not revoked, an old one goes on working', async () => {
  const { refresh } = providerRequests(lenient)
  const { refresh_token } = await lenient.tokensOf('user.lee', OFFLINE)
  const first = await refresh(refresh_token)
  const answers = await Promise.all(Array.from({ length: 4 }, () => refresh(refresh_token)))

  assert.notEqual(first.body.refresh_token, refresh_token)
  assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200])
  assert.equal((await refresh(first.body.refresh_token)).status, 200)
})

test('an offline login that idles too long is over', async (t) => {
  const impatient = await testProvider({ realm: { offlineSessionIdleTimeout: IDLE_SECONDS } })
  t.after(impatient.close)
  const { refresh_token } = await impatient.tokensOf('user.lee', OFFLINE)
  // Whole seconds are counted, so one more than the limit is surely over it.
  for (let second = 0; second <= IDLE_SECONDS; second++) await nextSecond()

  const answer = await providerRequests(impatient).refresh(refresh_token)
  assertRefused(answer, 400, 'invalid_grant', 'Offline user session not found')
})

test('the realm ends every token issued before, and none issued after', async () => {
  const { refresh, exchange, userinfo } = providerRequests(lenient)
  const online = await lenient.tokensOf('user.lee')
  const offline = await lenient.tokensOf('user.lee', OFFLINE)
  await nextSecond()
  await lenient.endEarlierTokens()

  for (const { refresh_token } of [online, offline])
    assertRefused(await refresh(refresh_token), 400, 'invalid_grant', 'Stale token')
  assert.equal((await userinfo(online.access_token)).status, 401)
  assertRefused(await exchange(offline.access_token), 400, 'invalid_request', 'Invalid token')
  const { status, body } = await refresh((await lenient.tokensOf('user.lee', OFFLINE)).refresh_token)
  assert.equal(status, 200)
  assert.ok(body['not-before-policy'] > 0)
})
