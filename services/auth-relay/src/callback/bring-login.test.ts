import assert from 'node:assert/strict'
import { after, before, type TestContext, test } from 'node:test'
import { idpBrowser } from '@munjigi/dev-idp/idp-browser'
import type { Store } from '@munjigi/store/store'
import { type Provider, SEEDED_PASSWORD, testProvider } from '@munjigi/testing/provider'
import { providerProxy } from '@munjigi/testing/provider-proxy'
import { providerRequests } from '@munjigi/testing/provider-requests'
import { testStore } from '@munjigi/testing/store'
import { refusalOf, testBrowser } from '../browser.fixture.ts'
import { markUnlinked } from '../links/unlinked.ts'
import { testChatbot, testRelay } from '../relay.fixture.ts'
import { stubIdp } from '../stub-idp.fixture.ts'

let idp: Provider
before(async () => {
  idp = await testProvider()
})
after(() => idp.close())

const person = { clientKey: 'kakao-bot', userId: 'user-123', stateTtlSeconds: 600 }
const ended = [400, 'invalid-or-expired-link']

/** A login at a stub of an IdP by a link, as far as the address that brings the code back. */
async function signedIn(t: TestContext, store?: Store) {
  const [stub, chatbot] = [await stubIdp(t), await testChatbot(t)]
  const relay = await testRelay(t, { idp: stub, chatbot, ...(store && { store }) })
  const link = await relay.link({ messenger_user_id: '1234567890' })
  const login = async () => {
    const browser = testBrowser(relay)
    return browser.get(stub.signIn(await browser.begin(link)))
  }
  return { stub, chatbot, relay, login }
}

/** A store whose `call`-th look at what `key` begins with fails. */
function failingAt(t: TestContext, key: string, call: number): Store {
  const store = testStore()
  t.after(store.close)
  let calls = 0
  return {
    ...store,
    async get(name) {
      calls += name.startsWith(key) ? 1 : 0
      if (name.startsWith(key) && calls === call) throw Object.assign(new Error('gone'), { statusCode: 503 })
      return store.get(name)
    },
  }
}

test('of two logins of one session at the IdP by one link one is brought, and goes on living', async (t) => {
  const chatbot = await testChatbot(t)
  const proxy = await providerProxy(idp.issuer)
  t.after(proxy.close)
  const relay = await testRelay(t, { idp, chatbot, client: { server_url: proxy.url } })
  const [link, browser, atIdp] = [await relay.link(), testBrowser(relay), idpBrowser()]
  await idp.tokensOf('user.lee', { browser: atIdp })
  const signIn = async () => {
    const { target, fields } = await atIdp.signIn('user.lee', SEEDED_PASSWORD, (await browser.begin(link)).href)
    return `${target}?${new URLSearchParams(fields)}`
  }
  const [one, two] = [await signIn(), await signIn()]
  const second = Promise.withResolvers<Response>()
  proxy.next('authorization_code', {
    async after() {
      second.resolve(await browser.get(two))
    },
  })
  const first = await browser.get(one)

  assert.equal(first.status, 200)
  assert.deepEqual(await refusalOf(await second.promise), ended)
  assert.equal(chatbot.requests.length, 1)
  const [login] = chatbot.callbacks()
  assert.equal((await providerRequests(idp).refresh(login?.offline_refresh_token ?? '')).status, 200)
})

test('who leaves, by either of their names, while the chatbot is called is not logged in: the token is revoked', async (t) => {
  for (const userId of [person.userId, '1234567890']) {
    const { stub, chatbot, relay, login } = await signedIn(t)
    chatbot.next(async (response) => {
      await markUnlinked(relay.store, { ...person, userId })
      response.writeHead(503).end()
    })

    assert.deepEqual(await refusalOf(await login()), ended)
    assert.equal(chatbot.requests.length, 2)
    assert.deepEqual(stub.revoked, ['offline-of-stub'])
  }
})

// Two names are looked for at each of five looks.
for (const [when, look] of [
  ['before', 7],
  ['after', 9],
] as const) {
  test(`where the store is gone ${when} the call the token is revoked, and the link works again`, async (t) => {
    const { stub, chatbot, login } = await signedIn(t, failingAt(t, 'relay_unlinked', look))

    assert.deepEqual(await refusalOf(await login()), [503, 'unavailable'])
    assert.equal(chatbot.requests.length, when === 'after' ? 1 : 0)
    assert.deepEqual(stub.revoked, ['offline-of-stub'])
    assert.equal((await login()).status, 200)
  })
}
