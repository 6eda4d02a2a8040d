import assert from 'node:assert/strict'
import type { ServerResponse } from 'node:http'
import { after, before, type TestContext, test } from 'node:test'
import { X_RELAY_SIGNATURE } from '@munjigi/contracts/headers'
import { isSignedPayload } from '@munjigi/sealing/signature'
import type { Store } from '@munjigi/store/store'
import { type Provider, testProvider } from '@munjigi/testing/provider'
import { providerRequests } from '@munjigi/testing/provider-requests'
import { testStore } from '@munjigi/testing/store'
import { headerOf } from '@munjigi/testing/upstream'
import { refusalOf, testBrowser } from '../browser.fixture.ts'
import { HMAC_SECRET, type TestChatbot, testChatbot, testRelay } from '../relay.fixture.ts'
import { stubIdp } from '../stub-idp.fixture.ts'

let idp: Provider
before(async () => {
  idp = await testProvider()
})
after(() => idp.close())

const reset = (response: ServerResponse) => void response.socket?.resetAndDestroy()
const stall = () => {}
const elsewhere = (status: number) => (response: ServerResponse) =>
  void response.writeHead(status, { location: 'http://127.0.0.1:9/' }).end()

async function isAlive(token: string | undefined): Promise<boolean> {
  const answer = await providerRequests(idp).refresh(token ?? '')
  return answer.status === 200
}

async function loginAt(t: TestContext, chatbot: TestChatbot, env: Record<string, string> = {}) {
  const relay = await testRelay(t, { idp, chatbot, env })
  const link = await relay.link()
  return { relay, link, answer: await testBrowser(relay).login(link) }
}

for (const [name, deed, type] of [
  ['answers 400', 400, 'callback-invalid-status'],
  ['answers 401', 401, 'callback-invalid-status'],
  ['answers 409', 409, 'callback-invalid-status'],
  ['redirects by 302', elsewhere(302), 'callback-invalid-status'],
  ['redirects by 307', elsewhere(307), 'callback-invalid-status'],
] as const) {
  test(`a chatbot that ${name} is asked once, the offline token is revoked, and the link works again`, async (t) => {
    const chatbot = await testChatbot(t)
    chatbot.next(deed)
    const { answer, link, relay } = await loginAt(t, chatbot)

    assert.deepEqual(await refusalOf(answer), [502, type])
    assert.equal(chatbot.requests.length, 1)
    assert.equal(await isAlive(chatbot.callbacks()[0]?.offline_refresh_token), false)
    assert.equal((await testBrowser(relay).login(link)).status, 200)
    assert.equal(await isAlive(chatbot.callbacks()[1]?.offline_refresh_token), true)
  })
}

for (const status of [200, 201, 204]) {
  test(`a chatbot that answers ${status} has taken the login`, async (t) => {
    const chatbot = await testChatbot(t)
    chatbot.next(status)
    assert.equal((await loginAt(t, chatbot)).answer.status, 200)
  })
}

test('a 5xx and a lost connection are tried again, as a new message that is signed anew', async (t) => {
  const chatbot = await testChatbot(t)
  chatbot.next(503, reset, 200)
  const { answer } = await loginAt(t, chatbot)

  assert.equal(answer.status, 200)
  const calls = chatbot.callbacks()
  assert.equal(calls.length, 3)
  assert.equal(new Set(calls.map(({ nonce }) => nonce)).size, 3)
  assert.equal(new Set(calls.map(({ offline_refresh_token }) => offline_refresh_token)).size, 1)
  for (const request of chatbot.requests)
    assert.ok(isSignedPayload(HMAC_SECRET, JSON.parse(request.body), headerOf(request, X_RELAY_SIGNATURE)))
  assert.equal(await isAlive(calls[0]?.offline_refresh_token), true)
})

test('a chatbot that goes on answering 500 is given up within the time, and the token is revoked', async (t) => {
  const chatbot = await testChatbot(t)
  chatbot.next(...Array(10).fill(500))
  const { answer } = await loginAt(t, chatbot, { CHATBOT_CALLBACK_TIMEOUT_SECONDS: '3' })

  assert.deepEqual(await refusalOf(answer), [502, 'callback-invalid-status'])
  assert.ok(chatbot.requests.length > 1)
  assert.equal(await isAlive(chatbot.callbacks()[0]?.offline_refresh_token), false)
})

test('a chatbot that does not answer may have taken the login: the token is revoked all the same', async (t) => {
  const chatbot = await testChatbot(t)
  chatbot.next(stall)
  const { answer } = await loginAt(t, chatbot, { CHATBOT_CALLBACK_TIMEOUT_SECONDS: '1' })

  assert.deepEqual(await refusalOf(answer), [502, 'callback-timeout'])
  assert.equal(chatbot.requests.length, 1)
  assert.equal(await isAlive(chatbot.callbacks()[0]?.offline_refresh_token), false)
})

test('a chatbot that cannot be reached is a request error', async (t) => {
  const chatbot = await testChatbot(t)
  chatbot.next(...Array(10).fill(reset))
  const { answer } = await loginAt(t, chatbot, { CHATBOT_CALLBACK_TIMEOUT_SECONDS: '3' })

  assert.deepEqual(await refusalOf(answer), [502, 'callback-request-error'])
})

test('the second login of a link that is just being brought is refused before it has tokens', async (t) => {
  const [stub, chatbot] = [await stubIdp(t), await testChatbot(t)]
  const relay = await testRelay(t, { idp: stub, chatbot })
  const link = await relay.link()
  const [first, second] = [testBrowser(relay), testBrowser(relay)]
  const [one, two] = [await first.begin(link), await second.begin(link)]
  const arrived = Promise.withResolvers<ServerResponse>()
  chatbot.next(arrived.resolve)
  const slow = first.get(stub.signIn(one))
  const response = await arrived.promise
  const refused = await second.get(stub.signIn(two))
  response.end()

  assert.deepEqual(await refusalOf(refused), [400, 'invalid-or-expired-link'])
  assert.equal((await slow).status, 200)
  assert.deepEqual([stub.exchanged.length, stub.revoked, chatbot.requests.length], [1, [], 1])
})

test('of two logins that come back at once one is brought, and the code of the other is never exchanged', async (t) => {
  const [stub, chatbot] = [await stubIdp(t), await testChatbot(t)]
  const store = testStore()
  t.after(store.close)
  const relay = await testRelay(t, { idp: stub, chatbot, store: meetingBeforeAdd(store, 2) })
  const link = await relay.link()
  const [first, second] = [testBrowser(relay), testBrowser(relay)]
  const [one, two] = [await first.begin(link), await second.begin(link)]
  const ends = await Promise.all([first.get(stub.signIn(one)), second.get(stub.signIn(two))])

  assert.deepEqual(ends.map(({ status }) => status).sort(), [200, 400])
  assert.equal(stub.exchanged.length, 1)
  assert.equal(chatbot.requests.length, 1)
})

/** A store at which callers of `add` for a spent link wait until there are as many as `count`. */
function meetingBeforeAdd(store: Store, count: number): Store {
  let waiting = 0
  const met = Promise.withResolvers<void>()
  return {
    ...store,
    async add(key, ...rest) {
      if (key.startsWith('relay_spent')) {
        waiting += 1
        if (waiting === count) met.resolve()
        await met.promise
      }
      return store.add(key, ...rest)
    },
  }
}

test('where a link cannot be spent no code is exchanged', async (t) => {
  const [stub, chatbot] = [await stubIdp(t), await testChatbot(t)]
  const store = testStore()
  t.after(store.close)
  const gone = () => Promise.reject(Object.assign(new Error('gone'), { statusCode: 503 }))
  const add: Store['add'] = (key, ...rest) => (key.startsWith('relay_spent') ? gone() : store.add(key, ...rest))
  const relay = await testRelay(t, { idp: stub, chatbot, store: { ...store, add } })
  const browser = testBrowser(relay)
  const answer = await browser.get(stub.signIn(await browser.begin(await relay.link())))

  assert.deepEqual(await refusalOf(answer), [503, 'unavailable'])
  assert.deepEqual(stub.exchanged, [])
  assert.equal(chatbot.requests.length, 0)
})

test('a person who leaves while the code is exchanged is not brought', async (t) => {
  const [stub, chatbot] = [await stubIdp(t), await testChatbot(t)]
  const relay = await testRelay(t, {
    idp: stub,
    chatbot,
    env: { KAKAO_ADMIN_KEY: 'admin-key-of-kakao-0123456789abcd' },
  })
  const leave = (userId: string) =>
    fetch(`${relay.url}/webhooks/kakao/unlink?app_id=1&user_id=${userId}&referrer_type=UNLINK_FROM_APPS`, {
      headers: { authorization: 'KakaoAK admin-key-of-kakao-0123456789abcd' },
    })
  for (const [userId, names] of [
    ['42', { chatbot_user_id: '42' }],
    ['1234567890', { messenger_user_id: '1234567890' }],
  ] as const) {
    const browser = testBrowser(relay)
    const login = await browser.begin(await relay.link(names))
    const answer = await browser.get(stub.signIn(login, { before: () => leave(userId) }))

    assert.deepEqual(await refusalOf(answer), [400, 'invalid-or-expired-link'])
    assert.deepEqual(stub.revoked.splice(0), ['offline-of-stub'])
  }
  assert.equal(chatbot.requests.length, 0)
})
