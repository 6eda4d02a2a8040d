import assert from 'node:assert/strict'
import type { RequestListener } from 'node:http'
import { after, afterEach, test } from 'node:test'
import { idpBrowser } from '@munjigi/dev-idp/idp-browser'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import { testProvider } from './provider.ts'
import { nextSecond, providerRequests } from './provider-requests.ts'
import { testUpstream } from './upstream.ts'

const accept: RequestListener = (_, response) => response.end()
let listener = accept
const client = await testUpstream((request, response) => listener(request, response))
after(() => client.close())
afterEach(() => {
  client.requests.length = 0
  listener = accept
})

// Runs on dev-idp and, where MUNJIGI_TEST_KEYCLOAK_URL is set, on Keycloak: what passes here may be relied on.
const provider = await testProvider({ realmVariables: { KAKAO_BOT_LOGOUT_URL: `${client.url}/logged-out` } })
after(() => provider.close())
const { endpoint, post, refresh, newPerson, signingKey } = providerRequests(provider)

const noticeOf = (body: string) => new URLSearchParams(body).get('logout_token') ?? ''
const sidsTold = () => client.requests.map(({ body }) => decodeJwt(noticeOf(body)).sid)

test('a client is told of a login that an administrator ends, in a token signed for it', async () => {
  const person = await newPerson()
  const { session_state } = await person.signIn('openid offline_access')
  await provider.endOfflineSessions(person.username)
  const [notice] = client.requests
  const token = noticeOf(notice?.body ?? '')
  const { iat, exp, jti, ...claims } = decodeJwt(token)

  assert.deepEqual([client.requests.length, notice?.method, notice?.url], [1, 'POST', '/logged-out'])
  assert.deepEqual(
    notice?.rawHeaders
      .filter(([name]) => name.toLowerCase() === 'content-type')
      .map(([, value]) => value.split(';')[0]),
    ['application/x-www-form-urlencoded'],
  )
  const { alg, typ, kid } = decodeProtectedHeader(token)
  assert.deepEqual({ alg, typ }, { alg: 'RS256', typ: 'logout+jwt' })
  assert.deepEqual(claims, {
    iss: provider.issuer,
    aud: 'kakao-bot',
    sub: person.sub,
    sid: session_state,
    typ: 'Logout',
    events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
  })
  assert.ok(jti)
  assert.equal(Number(exp) - Number(iat), 120)
  assert.equal((await signingKey(token)).key?.kid, kid)
})

test('a client is told once of each login that ends by sign-out', async () => {
  const person = await newPerson()
  const online = await person.signIn()
  await provider.endSessions(person.username)
  await nextSecond()
  const offline = await person.signIn('openid offline_access')
  await post('logout', { refresh_token: offline.refresh_token })

  assert.deepEqual(sidsTold(), [online.session_state, offline.session_state])
})

test('a client is not told of a login that ends in another way', async () => {
  const person = await newPerson()
  const signIn = () => person.signIn('openid offline_access')
  await post('revoke', { token: (await signIn()).refresh_token })
  await signIn()
  await provider.revokeConsent(person.username, 'kakao-bot')
  const { refresh_token } = await signIn()
  for (let use = 0; use < 3; use++) await refresh(refresh_token)
  await signIn()
  await provider.endSessions(person.username)
  await provider.endEarlierTokens()
  await provider.disableUser(person.username)
  await provider.deleteUser(person.username)

  assert.deepEqual(sidsTold(), [])
})

test('a sign-out of the browser leaves its offline login alone', async () => {
  const browser = idpBrowser()
  const online = await provider.tokensOf('user.lee', { browser })
  const offline = await provider.tokensOf('user.lee', { browser, scope: 'openid offline_access' })
  await browser.open(`${endpoint('logout')}?${new URLSearchParams({ id_token_hint: online.id_token })}`)

  assert.equal(offline.session_state, online.session_state)
  assert.deepEqual(sidsTold(), [online.session_state])
  assert.equal((await refresh(online.refresh_token)).status, 400)
  assert.equal((await refresh(offline.refresh_token)).status, 200)
})

test('the end of an offline login takes the online one of its session along', async () => {
  const endings = [
    (token: string) => post('logout', { refresh_token: token }),
    (token: string) => post('revoke', { token }),
    () => provider.endOfflineSessions('user.lee'),
  ]
  for (const end of endings) {
    const browser = idpBrowser()
    const online = await provider.tokensOf('user.lee', { browser })
    const offline = await provider.tokensOf('user.lee', { browser, scope: 'openid offline_access' })
    await end(offline.refresh_token)

    for (const { refresh_token } of [online, offline]) assert.equal((await refresh(refresh_token)).status, 400)
  }
})

test('a client that fails or hangs up does not stop a sign-out', async () => {
  const failures: RequestListener[] = [
    (_, response) => response.writeHead(500).end(),
    (request) => request.socket.resetAndDestroy(),
  ]
  for (const failure of failures) {
    listener = failure
    const { refresh_token } = await provider.tokensOf('user.lee')
    const answer = await post('logout', { refresh_token })

    assert.equal(answer.status, 204)
    assert.equal((await refresh(refresh_token)).status, 400)
  }
})
