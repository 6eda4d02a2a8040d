import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { type Provider, testProvider } from '@munjigi/testing/provider'
import { testStore } from '@munjigi/testing/store'
import { refusalOf, testBrowser } from '../browser.fixture.ts'
import { markUnlinked } from '../links/unlinked.ts'
import { clientsJson, type TestRelay, testChatbot, testRelay } from '../relay.fixture.ts'

let idp: Provider
before(async () => {
  idp = await testProvider()
})
after(() => idp.close())

const html = { accept: 'text/html', 'accept-language': 'en' }
const person = { clientKey: 'kakao-bot', userId: 'user-123', stateTtlSeconds: 600 }
const expired = [400, 'invalid-or-expired-state']

test('a call-back without code or state is 422 in the shape that FastAPI clients read', async (t) => {
  const relay = await testRelay(t, { idp, chatbot: await testChatbot(t) })
  const missing: [string, string[]][] = [
    ['', ['code', 'state']],
    ['?code=x', ['state']],
    ['?state=x', ['code']],
    ['?error=access_denied', ['state']],
  ]
  for (const [query, fields] of missing) {
    const answer = await testBrowser(relay).get(`/oidc/callback${query}`)
    const body = (await answer.json()) as { type: string; detail: { type: string; loc: string[] }[] }
    assert.deepEqual([answer.status, body.type], [422, '/problems/malformed-request'])
    assert.deepEqual(
      body.detail.map(({ type, loc }) => [type, ...loc]),
      fields.map((field) => ['missing', 'query', field]),
    )
  }
})

test('a state that is not known, twice there, or of any other form is refused, and never a fault of ours', async (t) => {
  const relay = await testRelay(t, { idp, chatbot: await testChatbot(t) })
  const browser = testBrowser(relay)
  const state = (await browser.begin(await relay.link())).searchParams.get('state') ?? ''
  for (const bad of ['x'.repeat(43), 'x', '../..', `${state}%00`, encodeURIComponent('한글')]) {
    const { status } = await browser.get(`/oidc/callback?code=c&state=${bad}`)
    assert.ok(status === 400 || status === 422, `${bad}: ${status}`)
  }
  assert.equal((await browser.get(`/oidc/callback?code=c&state=${state}&state=${state}`)).status, 422)
  assert.deepEqual(await refusalOf(await browser.get(`/oidc/callback?code=c&state=${state}`)), [
    502,
    'token-exchange-failed',
  ])
})

test('a state is spent by its first call-back, even if the exchange then fails', async (t) => {
  const chatbot = await testChatbot(t)
  const relay = await testRelay(t, { idp, chatbot })
  const browser = testBrowser(relay)
  const honest = await browser.signIn(await relay.link())
  const spoilt = new URL(honest)
  spoilt.searchParams.set('code', 'no-code')

  assert.deepEqual(await refusalOf(await browser.get(spoilt)), [502, 'token-exchange-failed'])
  assert.deepEqual(await refusalOf(await browser.get(honest)), expired)
  assert.equal(chatbot.requests.length, 0)
})

test('of 20 parallel call-backs with one state one wins', async (t) => {
  const chatbot = await testChatbot(t)
  const relay = await testRelay(t, { idp, chatbot })
  const browser = testBrowser(relay)
  const answer = await browser.signIn(await relay.link())
  const ends = await Promise.all(Array.from({ length: 20 }, () => browser.get(answer)))

  assert.equal(ends.filter(({ status }) => status === 200).length, 1)
  for (const end of ends) if (end.status !== 200) assert.deepEqual(await refusalOf(end), expired)
  assert.equal(chatbot.requests.length, 1)
})

test('a login may end at another relay than it began at, and its state is spent at both', async (t) => {
  const chatbot = await testChatbot(t)
  const one = await testRelay(t, { idp, chatbot })
  const two = await testRelay(t, { idp, chatbot, store: one.store })
  const browser = testBrowser(one)
  const answer = await browser.signIn(await one.link())
  const elsewhere = testBrowser(two)
  for (const [name, value] of browser.cookies) elsewhere.cookies.set(name, value)

  assert.equal((await elsewhere.get(answer)).status, 200)
  assert.deepEqual(await refusalOf(await browser.get(answer)), expired)
})

test('a HEAD of the call-back spends nothing', async (t) => {
  const relay = await testRelay(t, { idp, chatbot: await testChatbot(t) })
  const browser = testBrowser(relay)
  const answer = await browser.signIn(await relay.link())

  assert.equal((await browser.head(answer)).status, 404)
  assert.equal((await browser.get(answer)).status, 200)
})

test('a store that is gone at the call-back is a page that says to try again, and no login', async (t) => {
  const chatbot = await testChatbot(t)
  const store = testStore()
  t.after(store.close)
  const take = () => Promise.reject(Object.assign(new Error('gone'), { statusCode: 503 }))
  const relay = await testRelay(t, { idp, chatbot, store: { ...store, take } })
  const browser = testBrowser(relay)
  const page = await browser.get(await browser.signIn(await relay.link()), html)

  assert.equal(page.status, 503)
  assert.match(await page.text(), /right now/)
  assert.equal(chatbot.requests.length, 0)
})

test('an answer of another issuer, of none or of two is refused (RFC 9207)', async (t) => {
  const relay = await testRelay(t, { idp, chatbot: await testChatbot(t) })
  const spoils: ((answer: URLSearchParams) => void)[] = [
    (answer) => answer.set('iss', 'https://evil.example.com'),
    (answer) => answer.delete('iss'),
    (answer) => answer.append('iss', 'https://evil.example.com'),
  ]
  for (const spoil of spoils) {
    const browser = testBrowser(relay)
    const answer = await browser.signIn(await relay.link())
    spoil(answer.searchParams)

    assert.deepEqual(await refusalOf(await browser.get(answer)), [502, 'token-exchange-failed'])
  }
})

test('a code of another login is not taken for one’s own (RFC 7636)', async (t) => {
  const chatbot = await testChatbot(t)
  const relay = await testRelay(t, { idp, chatbot })
  const [victim, attacker] = [testBrowser(relay), testBrowser(relay)]
  const stolen = (await victim.signIn(await relay.link())).searchParams.get('code') ?? ''
  const answer = await attacker.signIn(await relay.link({ chatbot_user_id: 'attacker' }))
  answer.searchParams.set('code', stolen)

  assert.deepEqual(await refusalOf(await attacker.get(answer)), [502, 'token-exchange-failed'])
  assert.equal(chatbot.requests.length, 0)
})

test("what the IdP refuses is a page in the reader's language with its code, and its words are not repeated", async (t) => {
  const relay = await testRelay(t, { idp, chatbot: await testChatbot(t) })
  const outcomes: [string, number, string, RegExp][] = [
    ['access_denied', 403, 'login-refused', /cancelled or refused/],
    ['login_required', 403, 'login-refused', /cancelled or refused/],
    ['<script>alert(1)</script>', 403, 'login-refused', /cancelled or refused/],
    ['temporarily_unavailable', 503, 'provider-unavailable', /right now/],
    ['server_error', 503, 'provider-unavailable', /right now/],
    ['invalid_scope', 502, 'no-offline-refresh-token', /\(client\)/],
  ]
  for (const [error, status, type, text] of outcomes) {
    const browser = testBrowser(relay)
    const callback = async () => {
      const state = (await browser.begin(await relay.link())).searchParams.get('state') ?? ''
      return `/oidc/callback?${new URLSearchParams({ state, error, error_description: 'evil words' })}`
    }
    const address = await callback()
    const page = await browser.get(address, html)
    const body = await page.text()
    assert.equal(page.status, status)
    assert.match(body, text)
    assert.ok(body.includes(type.replaceAll('-', '_')) && !/evil words|alert/.test(body))
    assert.deepEqual(await refusalOf(await browser.get(address)), expired)
    assert.deepEqual(await refusalOf(await browser.get(await callback())), [status, type])
  }
})

test('a client that may not ask for a scope is told by the IdP at the redirect', async (t) => {
  const relay = await testRelay(t, {
    idp,
    chatbot: await testChatbot(t),
    client: { scope: 'openid offline_access nonsense' },
  })
  const answer = await testBrowser(relay).login(await relay.link())
  const body = (await answer.json()) as Record<string, unknown>

  assert.deepEqual([answer.status, body.detail, body.error], [502, ...Array(2).fill('no_offline_refresh_token')])
  assert.equal(body.reason, 'client')
})

test('a person without offline access is told so after the sign-in, and the chatbot is brought nothing', async (t) => {
  const chatbot = await testChatbot(t)
  const relay = await testRelay(t, { idp, chatbot })
  const username = `person-${randomUUID()}`
  await idp.addUser({ username, password: 'pw' })
  await idp.revokeRole(username, 'offline_access')
  const answer = await testBrowser(relay).login(await relay.link(), username, 'pw')
  const body = (await answer.json()) as Record<string, unknown>

  assert.deepEqual([answer.status, body.detail, body.reason], [502, 'no_offline_refresh_token', 'person'])
  assert.equal(chatbot.requests.length, 0)
})

test('what changed while the person signed in counts: client, call-back, path, unlinking', async (t) => {
  const chatbot = await testChatbot(t)
  const changes: [string, (relay: TestRelay) => unknown][] = [
    ['unknown-client-key', (relay) => relay.rewriteClients('{}')],
    [
      'callback-url-not-allowed',
      (relay) =>
        relay.rewriteClients(clientsJson(idp, chatbot, { callback_url_allowlist: ['https://bot.example.com/cb'] })),
    ],
    [
      'redirect-after-not-allowed',
      (relay) => relay.rewriteClients(clientsJson(idp, chatbot, { redirect_after_allowlist: ['/other'] })),
    ],
    ['invalid-or-expired-link', ({ store }) => markUnlinked(store, person)],
    ['invalid-or-expired-link', ({ store }) => markUnlinked(store, { ...person, userId: '1234567890' })],
  ]
  for (const [type, change] of changes) {
    const relay = await testRelay(t, { idp, chatbot })
    const link = await relay.link({ redirect_after: '/done', messenger_user_id: '1234567890' })
    const browser = testBrowser(relay)
    const answer = await browser.signIn(link)
    await change(relay)

    assert.deepEqual(await refusalOf(await browser.get(answer)), [400, type])
    assert.deepEqual(await refusalOf(await browser.get(link)), [400, type])
  }
  assert.equal(chatbot.requests.length, 0)
})
