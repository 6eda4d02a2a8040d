import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { type TestContext, test } from 'node:test'
import { X_RELAY_SIGNATURE } from '@munjigi/contracts/headers'
import { isSignedPayload } from '@munjigi/sealing/signature'
import { redisStore } from '@munjigi/store/redis'
import type { Store } from '@munjigi/store/store'
import { testStore } from '@munjigi/testing/store'
import { headerOf, testUpstream } from '@munjigi/testing/upstream'
import { buildApp } from '../app.ts'
import type { ClientEntry } from '../clients/client-entry.ts'
import { clientsOf, entryOf } from '../clients/clients.fixture.ts'
import { wasUnlinked } from '../links/unlinked.ts'
import { testSettings } from '../settings.fixture.ts'

const ADMIN_KEY = '0123456789abcdef0123456789abcdef'
const OWN_SECRET = 'Zx81-kJ3p_qW0vB7nM5tY2rE9uI6oA4sD1fG8hL'
const FIELDS = { app_id: '123456', user_id: '987654321', referrer_type: 'UNLINK_FROM_APPS' }
const settings = testSettings({ allowUnsignedIssue: true, kakaoAdminKey: ADMIN_KEY })
const now = () => Math.floor(Date.now() / 1000)

interface RelayOptions {
  clients?: Record<string, Partial<ClientEntry>>
  kakaoAdminKey?: string | undefined
  store?: Store
}

async function start(t: TestContext, { clients: entries = { bot: {} }, store: given, ...change }: RelayOptions = {}) {
  const store = given ?? testStore()
  const own = { ...settings, ...change }
  const clients = clientsOf(
    own,
    Object.fromEntries(Object.entries(entries).map(([key, entry]) => [key, entryOf(entry)])),
  )
  const app = buildApp({ store, settings: own, clients }, { logLevel: 'silent' })
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  t.after(async () => {
    await app.close()
    clients.close()
    await store.close()
  })
  const at = `${url}/webhooks/kakao/unlink`
  const begun = now()
  return {
    app,
    at,
    /** For a link that was made before the test told anything, unless another moment is given. */
    isMarked: (chatbot_user_id = FIELDS.user_id, client_key = 'bot', iat = begun) =>
      wasUnlinked(store, { client_key, chatbot_user_id, iat }),
    post: (body: string | URLSearchParams, headers: Record<string, string> = {}) =>
      answerOf(fetch(at, { method: 'POST', body, headers: { authorization: `KakaoAK ${ADMIN_KEY}`, ...headers } })),
    get: (fields: Record<string, string>, headers: Record<string, string> = {}) =>
      answerOf(
        fetch(`${at}?${new URLSearchParams(fields)}`, {
          headers: { authorization: `KakaoAK ${ADMIN_KEY}`, ...headers },
        }),
      ),
  }
}

async function answerOf(answer: Promise<Response>): Promise<[status: number, body: string]> {
  const response = await answer
  return [response.status, await response.text()]
}
const NOTHING_SAID: [number, string] = [200, '']

/** A chatbot that answers its unlink notices with these statuses, one after the other, then with 200. */
async function chatbot(t: TestContext, ...statuses: number[]) {
  const bot = await testUpstream((request, response) => {
    request.resume().on('end', () => response.writeHead(statuses.shift() ?? 200).end())
  })
  t.after(bot.close)
  return bot
}

test('Kakao may tell by form, by query or by JSON, and is answered 200 with nothing', async (t) => {
  const { get, post, isMarked } = await start(t)
  const ways: [string, (fields: typeof FIELDS) => Promise<[number, string]>][] = [
    ['1', (fields) => get(fields)],
    ['2', (fields) => post(new URLSearchParams(fields))],
    ['3', (fields) => post(JSON.stringify(fields), { 'content-type': 'application/json' })],
    ['사용자 5 😀', (fields) => post(new URLSearchParams(fields))],
    [
      '4',
      ({ user_id, ...fields }) =>
        post(JSON.stringify({ ...fields, user_id: Number(user_id) }), { 'content-type': 'application/json' }),
    ],
  ]
  for (const [user_id, tell] of ways) {
    assert.equal(await isMarked(user_id), false)
    assert.deepEqual(await tell({ ...FIELDS, user_id }), NOTHING_SAID)
    assert.equal(await isMarked(user_id), true)
  }
})

test('links made until then have ended, later ones have not', async (t) => {
  const { get, isMarked } = await start(t, { clients: { bot: {}, other: {} } })
  await get(FIELDS)

  for (const key of ['bot', 'other']) {
    assert.equal(await isMarked(FIELDS.user_id, key, now() - 500), true)
    assert.equal(await isMarked(FIELDS.user_id, key, now() + 1), false)
  }
  assert.equal(await isMarked('another'), false)
  assert.equal(await isMarked(FIELDS.user_id, 'third'), false)
})

test('without the admin key nothing happens, and nobody is told so', async (t) => {
  const bot = await chatbot(t)
  const { get, post, isMarked } = await start(t, { clients: { bot: { unlink_url: bot.url } } })
  for (const authorization of [
    '',
    ADMIN_KEY,
    `Bearer ${ADMIN_KEY}`,
    `kakaoak ${ADMIN_KEY}`,
    `KakaoAK ${ADMIN_KEY}x`,
    'KakaoAK',
    'KakaoAK undefined',
  ]) {
    assert.deepEqual(await get(FIELDS, { authorization }), NOTHING_SAID)
    assert.deepEqual(await post(new URLSearchParams(FIELDS), { authorization }), NOTHING_SAID)
  }

  assert.equal(await isMarked(), false)
  assert.deepEqual(bot.requests, [])
})

test('where no admin key is set, none is right', async (t) => {
  const { get, isMarked } = await start(t, { kakaoAdminKey: undefined })
  for (const key of [ADMIN_KEY, 'undefined', ''])
    assert.deepEqual(await get(FIELDS, { authorization: `KakaoAK ${key}` }), NOTHING_SAID)

  assert.equal(await isMarked(), false)
})

test('what cannot be read is answered 200 too, and changes nothing', async (t) => {
  const bot = await chatbot(t)
  const { at, get, post, isMarked } = await start(t, { clients: { bot: { unlink_url: bot.url } } })
  const json = { 'content-type': 'application/json' }
  const answers = [
    await get({}),
    await get({ user_id: '' }),
    await get({ user_id: 'x'.repeat(256) }),
    await get({ user_id: 'a\nb' }),
    await post('{"user_id":"\\ud800"}', json),
    await post('{', json),
    await post('[]', json),
    await post('null', json),
    await post('{"user_id":{"a":1}}', json),
    await post('{"user_id":1e300}', json),
    await post('{"__proto__":{"user_id":"987654321"}}', json),
    await post('user_id=987654321', { 'content-type': 'text/plain' }),
    await post(`user_id=${'x'.repeat(20_000)}`, { 'content-type': 'application/x-www-form-urlencoded' }),
    await post('user_id=1&user_id=987654321', { 'content-type': 'application/x-www-form-urlencoded' }),
    await answerOf(fetch(`${at}?user_id=1&user_id=987654321`, { headers: { authorization: `KakaoAK ${ADMIN_KEY}` } })),
  ]

  for (const answer of answers) assert.deepEqual(answer, NOTHING_SAID)
  assert.equal(await isMarked(), false)
  assert.deepEqual(bot.requests, [])
})

test("every chatbot with an unlink_url is told, in a message of its own signed by its client's secret", async (t) => {
  const [one, two] = [await chatbot(t), await chatbot(t)]
  const { get, app } = await start(t, {
    clients: {
      one: { unlink_url: `${one.url}/users/unlink` },
      two: { unlink_url: `${two.url}/users/unlink?x=1`, hmac_secret: OWN_SECRET },
      three: {},
    },
  })
  await get(FIELDS)
  await app.close()
  const told = [one, two].flatMap(({ requests }) => requests)
  const notices = told.map(({ body }) => JSON.parse(body))

  assert.deepEqual(
    told.map(({ method, url }) => [method, url]),
    [
      ['POST', '/users/unlink'],
      ['POST', '/users/unlink?x=1'],
    ],
  )
  for (const [index, key] of ['one', 'two'].entries()) {
    const { ts, nonce, ...notice } = notices[index]
    const signature = headerOf(told[index], X_RELAY_SIGNATURE)
    assert.deepEqual(notice, { event: 'unlink', client_key: key, chatbot_user_id: FIELDS.user_id })
    assert.ok(Math.abs(now() - ts) < 60)
    assert.ok(isSignedPayload(key === 'two' ? OWN_SECRET : settings.hmacSecret, notices[index], signature))
  }
  assert.notEqual(notices[0].nonce, notices[1].nonce)
})

test('a chatbot that fails is told again, as a new message, and one that refuses is not', async (t) => {
  const [ill, gone, refusing, elsewhere] = [
    await chatbot(t, 500, 503),
    await chatbot(t, 500, 500, 500, 500),
    await chatbot(t, 401),
    await chatbot(t, 307),
  ]
  const bots = { ill, gone, refusing, elsewhere }
  const { get, app } = await start(t, {
    clients: Object.fromEntries(Object.entries(bots).map(([key, { url }]) => [key, { unlink_url: url }])),
  })
  assert.deepEqual(await get(FIELDS), NOTHING_SAID)
  await app.close()

  assert.deepEqual(
    Object.values(bots).map(({ requests }) => requests.length),
    [3, 3, 1, 1],
  )
  const nonces = new Set(ill.requests.map(({ body }) => JSON.parse(body).nonce))
  assert.equal(nonces.size, 3)
})

test('Kakao is answered before the chatbot is, and the notice goes out although the relay is closing', async (t) => {
  const held: (() => void)[] = []
  const asked = Promise.withResolvers<void>()
  const bot = await testUpstream((_request, response) => {
    held.push(() => response.end())
    asked.resolve()
  })
  t.after(bot.close)
  const { get, app } = await start(t, { clients: { bot: { unlink_url: bot.url } } })
  assert.deepEqual(await get(FIELDS), NOTHING_SAID)
  await asked.promise
  const closed = app.close()
  held[0]?.()
  await closed

  assert.equal(bot.requests.length, 1)
})

test('chatbots are told even where logins under way cannot be ended', async (t) => {
  const bot = await chatbot(t)
  const { get, app } = await start(t, {
    clients: { bot: { unlink_url: bot.url } },
    store: redisStore('redis://127.0.0.1:1'),
  })
  assert.deepEqual(await get(FIELDS), NOTHING_SAID)
  await app.close()

  assert.equal(bot.requests.length, 1)
})

test('two admin keys in one request are none', async (t) => {
  const { at, isMarked } = await start(t)
  const { hostname, port, pathname } = new URL(at)
  const socket = connect(Number(port), hostname)
  const line = `Authorization: KakaoAK ${ADMIN_KEY}\r\n`
  socket.end(`GET ${pathname}?user_id=1 HTTP/1.1\r\nHost: x\r\nAuthorization: x\r\n${line}Connection: close\r\n\r\n`)
  const [answer] = await once(socket, 'data')

  assert.match(String(answer), /^HTTP\/1.1 200 /)
  assert.equal(await isMarked('1'), false)
})
