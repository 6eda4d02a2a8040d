import assert from 'node:assert/strict'
import { createHash, generateKeyPairSync } from 'node:crypto'
import { after, before, type TestContext, test } from 'node:test'
import { type Provider, testProvider } from '@munjigi/testing/provider'
import { type ProviderProxy, providerProxy } from '@munjigi/testing/provider-proxy'
import { refusalOf, testBrowser } from '../browser.fixture.ts'
import { testChatbot, testRelay } from '../relay.fixture.ts'
import { type Answer, stubIdp } from '../stub-idp.fixture.ts'

let idp: Provider
let proxy: ProviderProxy
before(async () => {
  idp = await testProvider()
  proxy = await providerProxy(idp.issuer)
})
after(() => Promise.all([idp.close(), proxy.close()]))

const html = { accept: 'text/html', 'accept-language': 'en' }
const now = () => Math.floor(Date.now() / 1000)
const failed = [502, 'token-exchange-failed']
/** OpenID Connect Core §3.1.3.6, for RS256. */
const halfHash = (token: string) => createHash('sha256').update(token).digest().subarray(0, 16).toString('base64url')

/** A login at an identity provider whose answer is wrong in one way. */
async function loginWith(t: TestContext, wrong: Answer) {
  const [stub, chatbot] = [await stubIdp(t), await testChatbot(t)]
  const relay = await testRelay(t, { idp: stub, chatbot })
  const browser = testBrowser(relay)
  const answer = await browser.get(stub.signIn(await browser.begin(await relay.link()), wrong))
  return { answer, stub, chatbot, relay }
}

test('an answer that is right in every way is taken', async (t) => {
  const { answer, stub, chatbot } = await loginWith(t, {})

  assert.equal(answer.status, 200)
  assert.deepEqual(stub.revoked, [])
  assert.equal(chatbot.callbacks()[0]?.offline_refresh_token, 'offline-of-stub')
})

test('an access token that the id_token names is taken', async (t) => {
  assert.equal((await loginWith(t, { claims: { at_hash: halfHash('access-of-stub') } })).answer.status, 200)
})

const foreign = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
const wrongAnswers: [string, Answer, (number | string)[]][] = [
  ['of another login', { claims: { nonce: 'x'.repeat(43) } }, failed],
  ['without a nonce', { claims: { nonce: undefined } }, failed],
  ['for another client', { claims: { aud: 'other' } }, failed],
  ['of another authorised party', { claims: { azp: 'other', aud: ['kakao-bot', 'other'] } }, failed],
  ['of another issuer', { claims: { iss: 'https://evil.example.com' } }, failed],
  ['without a subject', { claims: { sub: undefined } }, failed],
  ['signed by a key that is not the IdP’s', { key: foreign }, failed],
  ['whose access token is of another login', { claims: { at_hash: halfHash('access-of-another') } }, failed],
  ['with no id_token', { body: { id_token: undefined } }, failed],
  ['with no access token', { body: { access_token: undefined } }, [502, 'no-access-token']],
  ['with an empty access token', { body: { access_token: '' } }, [502, 'no-access-token']],
  ['that grants no offline access', { body: { scope: 'openid' } }, [502, 'no-offline-refresh-token']],
  ['that has ended', { claims: { iat: now() - 900, exp: now() - 600 } }, [502, 'clocks-differ']],
  ['from the future', { claims: { iat: now() + 600, exp: now() + 900 } }, [502, 'clocks-differ']],
]
for (const [name, wrong, refusal] of wrongAnswers) {
  test(`an answer ${name} is refused, and the offline token that came with it is revoked`, async (t) => {
    const { answer, stub, chatbot } = await loginWith(t, wrong)

    assert.deepEqual(await refusalOf(answer), refusal)
    assert.deepEqual(stub.revoked, ['offline-of-stub'])
    assert.equal(chatbot.requests.length, 0)
  })
}

test('an answer without a refresh token is no offline login', async (t) => {
  const { answer, stub } = await loginWith(t, { body: { refresh_token: undefined } })
  const body = (await answer.json()) as Record<string, unknown>

  assert.deepEqual([answer.status, body.error, body.reason], [502, 'no_offline_refresh_token', 'scope'])
  assert.deepEqual(stub.revoked, [])
})

test('clocks that differ are a page that says so, under the code that callers read', async (t) => {
  const [stub, chatbot] = [await stubIdp(t), await testChatbot(t)]
  const relay = await testRelay(t, { idp: stub, chatbot })
  const browser = testBrowser(relay)
  const login = await browser.begin(await relay.link())
  const late = { claims: { iat: now() - 600, exp: now() - 300 } }
  const page = await browser.get(stub.signIn(login, late), html)
  const text = await page.text()

  assert.equal(page.status, 502)
  assert.match(text, /the clocks of our servers differ/)
  assert.match(text, /Code: token_exchange_failed/)
})

test('lives are whole seconds in what the chatbot is brought, and 0 where there is no end', async (t) => {
  const lives: [Record<string, unknown>, [number, number]][] = [
    [{ expires_in: 299.9, refresh_expires_in: 2_592_000 }, [299, 2_592_000]],
    [{ expires_in: undefined, refresh_expires_in: undefined }, [0, 0]],
    [{ expires_in: '300', refresh_expires_in: null }, [300, 0]],
    [{ refresh_expires_in: -1 }, [300, 0]],
    [{ refresh_expires_in: 'never' }, [300, 0]],
  ]
  for (const [body, expected] of lives) {
    const { chatbot } = await loginWith(t, { body })
    const [login] = chatbot.callbacks()
    assert.deepEqual([login?.expires_in, login?.refresh_expires_in], expected)
  }
})

test('an IdP that grants what was asked for need not repeat it (RFC 6749 §5.1)', async (t) => {
  assert.equal((await loginWith(t, { body: { scope: undefined } })).answer.status, 200)
})

for (const [name, fault] of [
  ['is cut off', 'cut'],
  ['is lost on the way', 'lost'],
  ['is 500', { status: 500, body: '{"error":"server_error"}' }],
  ['is HTML', { status: 200, body: '<html>maintenance</html>', type: 'text/html' }],
  ['is no object', { status: 200, body: '"tokens"' }],
] as const) {
  test(`where the IdP's answer ${name}, the exchange failed and the link is not spent`, async (t) => {
    const chatbot = await testChatbot(t)
    const relay = await testRelay(t, { idp, chatbot, client: { server_url: proxy.url } })
    const link = await relay.link()
    proxy.next('authorization_code', fault)

    assert.deepEqual(await refusalOf(await testBrowser(relay).login(link)), failed)
    assert.equal((await testBrowser(relay).login(link)).status, 200)
  })
}

test('an IdP that takes the code and says nothing is given up after 5 s', async (t) => {
  const chatbot = await testChatbot(t)
  const relay = await testRelay(t, { idp, chatbot, client: { server_url: proxy.url } })
  proxy.next('authorization_code', 'frozen')

  assert.deepEqual(await refusalOf(await testBrowser(relay).login(await relay.link())), failed)
  assert.equal(chatbot.requests.length, 0)
})

test('an IdP that is down is said when the link is opened, and the next opening asks anew', async (t) => {
  const chatbot = await testChatbot(t)
  const relay = await testRelay(t, { idp, chatbot, client: { server_url: proxy.url } })
  const link = await relay.link()
  for (const fault of ['cut', { status: 500, body: '' }, { status: 200, body: '<h1>', type: 'text/html' }] as const) {
    proxy.next('openid-configuration', fault)
    assert.deepEqual(await refusalOf(await testBrowser(relay).get(link)), [503, 'provider-unavailable'])
  }

  assert.equal((await testBrowser(relay).login(link)).status, 200)
})
