import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { X_RELAY_SIGNATURE } from '@munjigi/contracts/headers'
import { canonicalJson } from '@munjigi/sealing/canonical-json'
import { signatureOf } from '@munjigi/sealing/signature'
import { redisStore } from '@munjigi/store/redis'
import { type Provider, testProvider } from '@munjigi/testing/provider'
import { providerRequests } from '@munjigi/testing/provider-requests'
import { headerOf } from '@munjigi/testing/upstream'
import { decodeJwt } from 'jose'
import { refusalOf, testBrowser } from './browser.fixture.ts'
import { HMAC_SECRET, testChatbot, testRelay } from './relay.fixture.ts'

let idp: Provider
before(async () => {
  idp = await testProvider()
})
after(() => idp.close())

test('a login goes from the link to the chatbot, which is brought ten fields with live tokens of the person', async (t) => {
  const chatbot = await testChatbot(t)
  const relay = await testRelay(t, { idp, chatbot })
  const answer = await testBrowser(relay).login(await relay.link({ chatbot_user_id: 'user-123' }))

  assert.deepEqual([answer.status, await answer.json()], [200, { status: 'ok' }])
  const [login] = chatbot.callbacks()
  const { relay_access_token, offline_refresh_token, ts, nonce, ...named } = login as NonNullable<typeof login>
  assert.deepEqual(named, {
    issuer: idp.issuer,
    aud: 'kakao-bot',
    chatbot_user_id: 'user-123',
    client_key: 'kakao-bot',
    expires_in: 300,
    refresh_expires_in: 0,
  })
  assert.ok(Math.abs(ts - Date.now() / 1000) < 60 && nonce.length === 43)
  assert.deepEqual([decodeJwt(relay_access_token).azp, decodeJwt(relay_access_token).typ], ['kakao-bot', 'Bearer'])
  const refreshed = await providerRequests(idp).refresh(offline_refresh_token)
  assert.equal(refreshed.status, 200)
})

test('the bytes sent are canonical JSON, raw beyond ASCII, and the very ones that are signed', async (t) => {
  const chatbot = await testChatbot(t)
  const relay = await testRelay(t, { idp, chatbot, client: { hmac_secret: 'of-this-client-alone-0123456789-ab' } })
  const name = '카카오|한😀\u007f\u2028"\\'
  await testBrowser(relay).login(await relay.link({ chatbot_user_id: name }))

  const [request] = chatbot.requests
  const { body = '' } = request ?? {}
  assert.equal(body, canonicalJson(JSON.parse(body)))
  assert.ok(body.includes('카카오|한😀\u007f\u2028'))
  assert.equal(headerOf(request, X_RELAY_SIGNATURE), signatureOf('of-this-client-alone-0123456789-ab', body))
  assert.equal(headerOf(request, 'content-type'), 'application/json')
})

for (const base of ['', '/relay', '/api/auth-relay']) {
  test(`it runs under "${base}" by BASE_URL alone`, async (t) => {
    const chatbot = await testChatbot(t)
    const relay = await testRelay(t, { idp, chatbot, env: { BASE_URL: `http://localhost${base}` } })
    const link = await relay.link({ redirect_after: '/done?x=1' })
    const answer = await testBrowser(relay).login(link)

    assert.ok(link.startsWith(`http://localhost${base}/login/`))
    assert.deepEqual([answer.status, answer.headers.get('location')], [302, '/done?x=1'])
    assert.equal(signatureOf(HMAC_SECRET, chatbot.requests[0]?.body ?? '').length, 43)
  })
}

test('the sign-in is asked for with PKCE, state, nonce and the scope of the client', async (t) => {
  const chatbot = await testChatbot(t)
  const relay = await testRelay(t, { idp, chatbot })
  const browser = testBrowser(relay)
  const link = await relay.link()
  const [first, second] = [await browser.begin(link), await browser.begin(link)].map((url) => url.searchParams)

  for (const [name, value] of Object.entries({
    response_type: 'code',
    client_id: 'kakao-bot',
    redirect_uri: 'http://localhost/oidc/callback',
    scope: 'openid offline_access',
    code_challenge_method: 'S256',
  }))
    assert.equal(first?.get(name), value)
  for (const name of ['state', 'nonce', 'code_challenge']) {
    assert.match(first?.get(name) ?? '', /^[\w-]{43}$/)
    assert.notEqual(first?.get(name), second?.get(name))
  }
})

test('opening a link spends nothing, and two openings in one browser do not disturb each other', async (t) => {
  const chatbot = await testChatbot(t)
  const relay = await testRelay(t, { idp, chatbot })
  const link = await relay.link()
  assert.equal((await testBrowser(relay).get(link)).status, 200)
  assert.equal((await testBrowser(relay).head(link)).status, 200)
  const browser = testBrowser(relay)
  const [first, second] = [await browser.begin(link), await browser.begin(await relay.link({ chatbot_user_id: 'b' }))]
  const answers = [await browser.get(await browser.signInAt(second)), await browser.get(await browser.signInAt(first))]

  assert.deepEqual(
    answers.map(({ status }) => status),
    [200, 200],
  )
  assert.deepEqual(
    chatbot.callbacks().map(({ chatbot_user_id }) => chatbot_user_id),
    ['b', 'user-123'],
  )
})

test('a link may be longer than a parameter of the router', async (t) => {
  const chatbot = await testChatbot(t)
  const relay = await testRelay(t, { idp, chatbot })
  const name = '한'.repeat(255)
  const link = await relay.link({ chatbot_user_id: name, display_name: '글'.repeat(100) })
  await testBrowser(relay).login(link)

  assert.ok(link.length > 1500)
  assert.equal(chatbot.callbacks()[0]?.chatbot_user_id, name)
})

test('a link is spent by the first login that the chatbot took', async (t) => {
  const chatbot = await testChatbot(t)
  const relay = await testRelay(t, { idp, chatbot })
  const link = await relay.link()
  const late = testBrowser(relay)
  const lateAnswer = await late.signIn(link)
  assert.equal((await testBrowser(relay).login(link)).status, 200)

  const spent = [400, 'invalid-or-expired-link']
  assert.deepEqual(await refusalOf(await testBrowser(relay).get(link)), spent)
  assert.deepEqual(await refusalOf(await late.get(lateAnswer)), spent)
  assert.equal(chatbot.requests.length, 1)
})

test('a store that is gone is a page that says to try again, and no login', async (t) => {
  const gone = redisStore('redis://127.0.0.1:1')
  t.after(gone.close)
  const chatbot = await testChatbot(t)
  const relay = await testRelay(t, { idp, chatbot, store: gone })
  const link = await relay.link()
  const page = await testBrowser(relay).get(link, { accept: 'text/html' })

  assert.equal(page.status, 503)
  assert.match(await page.text(), /잠시 뒤/)
  assert.deepEqual(await refusalOf(await testBrowser(relay).get(link)), [503, 'unavailable'])
})
