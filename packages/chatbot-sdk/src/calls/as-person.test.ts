import assert from 'node:assert/strict'
import type { RequestListener } from 'node:http'
import { Readable } from 'node:stream'
import { after, beforeEach, test } from 'node:test'
import { memoryStore } from '@munjigi/store/memory'
import type { Store } from '@munjigi/store/store'
import { FormData as UndiciFormData } from 'undici'
import { chatbotHouse, type Person } from '../house.fixture.ts'
import { isProblem } from '../outcome.fixture.ts'
import { claimsOf } from '../token-claims.ts'

const house = await chatbotHouse()
after(house.close)
beforeEach(() => {
  house.proxy.requests.length = 0
  house.gateway.requests.length = 0
  house.events.length = 0
})

const refuse: RequestListener = (_, response) => response.writeHead(401).end('{"type":"/problems/token-expired"}')
const storedToken = async ({ chat }: Person) =>
  house.sealing.open((await house.userMap.findByChat(chat))?.access_token ?? '')
const sentHeaders = (index = 0) =>
  house.gateway.requests[index]?.rawHeaders.map(([name, value]) => [name.toLowerCase(), value]) ?? []
const sent = (name: string, index = 0) => sentHeaders(index).flatMap(([key, value]) => (key === name ? value : []))

test("a call goes through the gateway with the person's token and sub", async () => {
  const person = await house.person()
  house.answerNext((_, response) => response.end('{"menus":[]}'))
  const answer = await house.chatbot().as(person.chat).fetch('meal', '/v1/menus?date=2026-11-21')

  assert.deepEqual(await answer.json(), { menus: [] })
  assert.equal(house.gateway.requests[0]?.url, '/api/meal/v1/menus?date=2026-11-21')
  assert.deepEqual(sent('authorization'), [`Bearer ${await storedToken(person)}`])
  assert.deepEqual(sent('x-user-sub'), [person.sub])
})

test('who calls cannot set Authorization or X-User-Sub, the rest goes on', async () => {
  const person = await house.person()
  const headers = { AUTHORIZATION: 'Bearer x', 'x-user-sub': 'admin', 'X-User-SUB': 'root', 'x-tenant-id': 't' }
  await house.chatbot().as(person.chat).fetch('meal', '/x', { method: 'PUT', body: 'b', headers })

  assert.deepEqual(sent('authorization'), [`Bearer ${await storedToken(person)}`])
  assert.deepEqual(sent('x-user-sub'), [person.sub])
  assert.deepEqual(sent('x-tenant-id'), ['t'])
  assert.deepEqual([house.gateway.requests[0]?.method, house.gateway.requests[0]?.body], ['PUT', 'b'])
})

test('a form is sent as a form, of Node or of undici, the second time too', async () => {
  const person = await house.person()
  for (const form of [new FormData(), new UndiciFormData() as FormData]) {
    form.set('dish', '밥')
    form.set('picture', new Blob(['x'], { type: 'image/png' }), 'a.png')
    house.gateway.requests.length = 0
    house.answerNext(refuse)
    await house.chatbot().as(person.chat).fetch('meal', '/x', { method: 'POST', body: form })

    assert.equal(house.gateway.requests.length, 2)
    for (const [index, { body }] of house.gateway.requests.entries()) {
      assert.match(sent('content-type', index)[0] ?? '', /^multipart\/form-data; boundary=/)
      assert.match(body, /name="dish"\r\n\r\n밥\r\n[\s\S]*name="picture"; filename="a\.png"\r\n[\s\S]*image\/png/)
    }
  }
})

test('closing waits for no body that nobody reads', async () => {
  const person = await house.person()
  const bot = house.chatbot()
  house.answerNext((_, response) => response.end('x'.repeat(4_000_000)))
  const answer = await bot.as(person.chat).fetch('meal', '/x')
  await bot.close()

  await assert.rejects(answer.text())
})

const outside: [service: string, path: string][] = [
  ['meal', '/../admin/v1/people'],
  ['meal', '/a/../../admin'],
  ['meal', '/..'],
  ['meal', '/a/.'],
  ['meal', '/..;/admin'],
  ['meal', '/%2e%2e/admin'],
  ['meal', '/%252e%252E/admin'],
  ['meal', '/a%2fb'],
  ['meal', '/a%5C..'],
  ['meal', '//evil.example/x'],
  ['meal', '/\\evil.example'],
  ['meal', '\\x'],
  ['meal', '.evil.example/x'],
  ['meal', '@evil.example/x'],
  ['meal', 'x'],
  ['meal', '/\t/evil'],
  ['meal', '/.\n./admin'],
  ['meal', '/a\r\nx: y'],
  ['meal', '/a b'],
  ['meal', '/x#y'],
  ['meal', '/%zz'],
  ['meal', '/x?y#z'],
  ['meal/../admin', '/x'],
  ['..', '/x'],
  ['', '/x'],
  ['proxy', '/admin/x'],
  ['v1', '/admin/x'],
  ['internal', '/user/v1/access'],
]

test('no path leaves the module', async () => {
  const person = await house.person()
  const as = house.chatbot().as(person.chat)
  for (const [service, path] of outside) await assert.rejects(as.fetch(service, path), isProblem(400, 'path-refused'))

  assert.equal(house.gateway.requests.length, 0)
})

test('a path keeps its encoding, dots inside a name and everything in the query', async () => {
  const person = await house.person()
  const as = house.chatbot().as(person.chat)
  const paths = ['', '?a=b', '/', '/a.b/..c/%EA%B0%80', '/x?next=../y//z%2F..&t=%2e']
  for (const path of paths) await as.fetch('meal', path)

  assert.deepEqual(
    house.gateway.requests.map(({ url }) => url),
    paths.map((path) => `/api/meal${path}`),
  )
})

test('a token that is refused is renewed once, and the body is sent again', async () => {
  const person = await house.person()
  house.answerNext(refuse)
  const answer = await house.chatbot().as(person.chat).fetch('meal', '/v1/menus', { method: 'POST', body: '{"a":1}' })

  assert.equal(answer.status, 200)
  assert.deepEqual(
    house.gateway.requests.map(({ body }) => body),
    ['{"a":1}', '{"a":1}'],
  )
  assert.notDeepEqual(sent('authorization', 0), sent('authorization', 1))
  assert.deepEqual(sent('authorization', 1), [`Bearer ${await storedToken(person)}`])
  assert.equal(house.proxy.count('refresh_token'), 1)
  assert.equal(house.events.filter(({ kind }) => kind === 'unauthorized_after_expiry').length, 0)
})

test('a second refusal is the answer', async () => {
  const person = await house.person()
  house.answerNext(refuse)
  house.answerNext(refuse)
  const answer = await house.chatbot().as(person.chat).fetch('meal', '/x')

  assert.equal(answer.status, 401)
  assert.deepEqual(await answer.json(), { type: '/problems/token-expired' })
  assert.equal(house.gateway.requests.length, 2)
})

test('a body that is gone after the first try is not sent again', async () => {
  const person = await house.person()
  house.answerNext(refuse)
  const body = Readable.toWeb(Readable.from([Buffer.from('once')])) as ReadableStream
  const init = { method: 'POST', body, duplex: 'half' } as RequestInit
  const answer = await house.chatbot().as(person.chat).fetch('meal', '/x', init)

  assert.equal(answer.status, 401)
  assert.deepEqual([house.gateway.requests.length, house.proxy.count('refresh_token')], [1, 0])
})

test('twenty calls that are refused with one token are one refresh', async () => {
  const person = await house.person()
  const as = house.chatbot().as(person.chat)
  // The renewal waits until all were refused.
  const { promise: allRefused, resolve } = Promise.withResolvers<void>()
  let refused = 0
  const refuseOne: RequestListener = (request, response) => {
    refuse(request, response)
    refused += 1
    if (refused === 20) resolve()
  }
  for (let i = 0; i < 20; i++) house.answerNext(refuseOne)
  house.proxy.next('refresh_token', { before: () => allRefused })
  const calls = Array.from({ length: 20 }, () => as.fetch('meal', '/x'))

  assert.deepEqual(
    (await Promise.all(calls)).map(({ status }) => status),
    Array(20).fill(200),
  )
  assert.equal(house.proxy.count('refresh_token'), 1)
})

test('a refusal of a token that had ended by then is told', async () => {
  const person = await house.person()
  let now = Date.now()
  house.answerNext((_, response) => {
    now += 301_000
    response.writeHead(401).end()
  })
  await house
    .chatbot({ now: () => now })
    .as(person.chat)
    .fetch('meal', '/x')

  assert.equal(house.events.filter(({ kind }) => kind === 'unauthorized_after_expiry').length, 1)
})

test('a refused token whose login is dead says so', async () => {
  const person = await house.person()
  await house.provider.deleteUser(person.username)
  house.answerNext(refuse)

  await assert.rejects(house.chatbot().as(person.chat).fetch('meal', '/x'), isProblem(401, 'login-ended'))
})

test('a redirect is the answer and is not followed', async () => {
  const person = await house.person()
  for (const status of [302, 307]) {
    house.answerNext((_, response) => response.writeHead(status, { location: 'http://evil.invalid/' }).end())
    const init = { method: 'POST', body: 'secret', redirect: 'follow' } as const
    const answer = await house.chatbot().as(person.chat).fetch('meal', '/x', init)

    assert.deepEqual([answer.status, answer.headers.get('location')], [status, 'http://evil.invalid/'])
  }
})

test('a gateway that cannot be reached is gateway-unavailable, and a caller who gives up gets their own reason', async () => {
  const person = await house.person()
  house.answerNext((request) => request.socket.destroy())
  const as = house.chatbot().as(person.chat)
  await assert.rejects(as.fetch('meal', '/x'), isProblem(503, 'gateway-unavailable'))
  house.answerNext(() => stop.abort(new Error('gave up')))
  const stop = new AbortController()

  await assert.rejects(as.fetch('meal', '/x', { signal: stop.signal }), /gave up/)
})

test('a caller who gives up during a renewal waits no longer, and the renewal is finished without them', async () => {
  const person = await house.person()
  const before = await storedToken(person)
  const bot = house.chatbot({ now: () => Date.now() + 241_000 })
  const stop = new AbortController()
  const { promise: gate, resolve: open } = Promise.withResolvers<void>()
  house.proxy.next('refresh_token', {
    after: () => {
      stop.abort(new Error('gave up'))
      return gate
    },
  })

  await assert.rejects(bot.as(person.chat).fetch('meal', '/x', { signal: stop.signal }), /gave up/)
  open()
  await bot.close()
  assert.notEqual(await storedToken(person), before)
  assert.equal(house.gateway.requests.length, 0)
})

test('a gateway that says nothing is given up', async () => {
  const person = await house.person()
  house.answerNext(() => {})

  await assert.rejects(house.chatbot().as(person.chat).fetch('meal', '/x'), isProblem(503, 'gateway-unavailable'))
})

test('a module with an audience of its own gets a token exchanged for it, once for each token of the login', async () => {
  const person = await house.person()
  const bot = house.chatbot({ services: { meal: { audience: 'meal-service' } } })
  await Promise.all([bot.as(person.chat).fetch('meal', '/x'), bot.as(person.chat).fetch('meal', '/y')])
  await bot.as(person.chat).fetch('trace', '/x')

  const claims = (index: number) => claimsOf((sent('authorization', index)[0] ?? '').replace('Bearer ', '')) ?? {}
  assert.deepEqual([claims(0).aud, claims(0).azp, claims(0).sub], ['meal-service', 'kakao-bot', person.sub])
  assert.deepEqual(sent('authorization', 0), sent('authorization', 1))
  assert.deepEqual(sent('authorization', 2), [`Bearer ${await storedToken(person)}`])
  assert.equal(house.proxy.count('token-exchange'), 1)
})

test('a module that asks userinfo gets a token that userinfo takes', async () => {
  const person = await house.person()
  const [plain, open] = [{ audience: 'meal-service' }, { audience: 'meal-service', scope: 'openid' }]
  const as = house.chatbot({ services: { meal: plain, trace: open } }).as(person.chat)
  await as.fetch('meal', '/x')
  await as.fetch('trace', '/x')
  const userinfo = (index: number) =>
    fetch(`${house.provider.issuer}/protocol/openid-connect/userinfo`, {
      headers: { authorization: sent('authorization', index)[0] as string },
    })

  assert.equal((await userinfo(0)).status, 403)
  const answer = await userinfo(1)
  assert.deepEqual([answer.status, ((await answer.json()) as { sub: string }).sub], [200, person.sub])
})

test('a refused exchange is a refusal: the plain token does not go in its place', async () => {
  const person = await house.person()
  const bot = house.chatbot({ services: { meal: { audience: 'nobody' } } })

  await assert.rejects(bot.as(person.chat).fetch('meal', '/x'), isProblem(502, 'exchange-refused'))
  assert.equal(house.gateway.requests.length, 0)
  assert.deepEqual(
    house.events.map((event) => ('outcome' in event ? event.outcome : event.kind)),
    ['refused'],
  )
})

test('an exchange that fails for an outage is tried anew at the next call', async () => {
  const person = await house.person()
  const as = house.chatbot({ services: { meal: { audience: 'meal-service' } } }).as(person.chat)
  house.proxy.next('token-exchange', { status: 503, body: '<html>', type: 'text/html' })

  await assert.rejects(as.fetch('meal', '/x'), isProblem(503, 'login-unavailable'))
  assert.equal((await as.fetch('meal', '/x')).status, 200)
})

test('an exchange refused for a login that is over ends it', async () => {
  const person = await house.person()
  await house.provider.deleteUser(person.username)
  const as = house.chatbot({ services: { meal: { audience: 'meal-service' } } }).as(person.chat)

  await assert.rejects(as.fetch('meal', '/x'), isProblem(401, 'login-ended'))
})

test('an exchanged token that is refused is exchanged anew from a renewed one', async () => {
  const person = await house.person()
  house.answerNext(refuse)
  const as = house.chatbot({ services: { meal: { audience: 'meal-service' } } }).as(person.chat)

  assert.equal((await as.fetch('meal', '/x')).status, 200)
  assert.deepEqual([house.proxy.count('refresh_token'), house.proxy.count('token-exchange')], [1, 2])
})

test('unlinking in one process is felt in another', async () => {
  const person = await house.person()
  const [one, other] = [house.chatbot(), house.chatbot()]
  await one.as(person.chat).fetch('meal', '/x')
  await other.as(person.chat).fetch('meal', '/x')
  const told = Promise.withResolvers<void>()
  const subscription = await house.store.subscribe('munjigi:links', {
    message: (chat) => chat === person.chat && told.resolve(),
  })
  await one.unlink(person.chat)
  await told.promise
  await subscription.close()

  for (const bot of [one, other])
    await assert.rejects(bot.as(person.chat).fetch('meal', '/x'), isProblem(401, 'not-linked'))
})

test('what was remembered is looked up again after a subscription that was lost', async (t) => {
  const person = await house.person()
  // Not because the 5 s are over for which it is remembered.
  const now = performance.now()
  t.mock.method(performance, 'now', () => now)
  const ready: (() => void)[] = []
  const memory = memoryStore()
  const store: Store = {
    ...memory,
    subscribe: async (_, listener) => {
      ready.push(() => listener.ready?.())
      return { close: async () => {} }
    },
  }
  const bot = house.chatbot({ store })
  await bot.as(person.chat).fetch('meal', '/x')
  await house.userMap.remove(person.chat)
  assert.equal((await bot.as(person.chat).fetch('meal', '/x')).status, 200)
  for (const isReady of ready) isReady()

  await assert.rejects(bot.as(person.chat).fetch('meal', '/x'), isProblem(401, 'not-linked'))
  await memory.close()
})
