import assert from 'node:assert/strict'
import { randomBytes, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { type AddressInfo, connect as connectSocket } from 'node:net'
import { after, mock, test } from 'node:test'
import { ACCESS_CHANNEL } from '@munjigi/contracts/access'
import { platformIssuer } from '@munjigi/identity/issuers'
import { createVerifier } from '@munjigi/identity/verifier'
import { testDatabase } from '@munjigi/testing/database'
import { testIssuer } from '@munjigi/testing/issuer'
import { testStore } from '@munjigi/testing/store'
import { WebSocket } from 'ws'
import { buildApp } from './app.ts'
import { migrationPlan } from './migrations/plan.ts'

const issuer = await testIssuer()
const { database, close } = await testDatabase(migrationPlan)
const store = testStore()
const verifier = createVerifier({
  issuers: [platformIssuer({ issuer: issuer.issuer, audience: 'munjigi', jwksUri: issuer.jwksUri })],
})

async function start() {
  const app = buildApp({ database, store, verifier }, { logLevel: 'silent' })
  await app.listen({ port: 0, host: '127.0.0.1' })
  return { app, port: (app.server.address() as AddressInfo).port }
}
// Two instances of the service, one database and one store: what one appends the other's listeners see.
const [here, there] = [await start(), await start()]
after(async () => {
  await Promise.all([here.app.close(), there.app.close()])
  verifier.close()
  await Promise.all([close(), store.close(), issuer.close()])
})

type Claims = Record<string, unknown> & { sub: string }
const lee: Claims = { sub: 'lee' }
const headersOf = (claims: Claims) => ({ authorization: `Bearer ${issuer.token(claims)}`, 'x-user-sub': claims.sub })

async function append(trace: string, lines: object | object[] = { level: 'info', message: 'x' }, at = here) {
  const answer = await at.app.inject({
    method: 'POST',
    url: `/api/trace/v1/traces/${trace}/entries`,
    headers: headersOf(lee),
    payload: lines,
  })
  assert.equal(answer.statusCode, 201, answer.body)
}
const lines = (count: number, message = 'x') => Array.from({ length: count }, () => ({ level: 'info', message }))

interface Message {
  type: string
  entry: { seq: number; message: string }
}

/** A connected listener whose messages are taken in order. */
async function listen(trace: string, { query = '', claims = lee, at = here, autoPong = true } = {}) {
  const socket = new WebSocket(`ws://127.0.0.1:${at.port}/ws/trace/${trace}${query}`, {
    headers: headersOf(claims),
    autoPong,
  })
  const messages: Message[] = []
  let wake = () => {}
  socket.on('message', (data) => {
    messages.push(JSON.parse(String(data)))
    wake()
  })
  await once(socket, 'open')
  return {
    socket,
    async take(count: number): Promise<Message[]> {
      while (messages.length < count)
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      return messages.splice(0, count)
    },
    closed: once(socket, 'close').then(([code]) => code as number),
  }
}
/** 24 KB in UTF-8. */
const LONG = '가'.repeat(8000)
const seqs = (messages: Message[]) => messages.map(({ entry }) => entry.seq)
const upTo = (last: number, first = 1) => Array.from({ length: last - first + 1 }, (_, index) => first + index)

/** The status that refuses a handshake, and its problem type. */
async function refusalOf(path: string, headers: Record<string, string>): Promise<unknown[]> {
  const socket = new WebSocket(`ws://127.0.0.1:${here.port}${path}`, { headers })
  const [, response] = await once(socket, 'unexpected-response')
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk)
  return [response.statusCode, JSON.parse(String(Buffer.concat(chunks))).type]
}

test('a listener gets what is there and then what comes, from this process and from others', async () => {
  const trace = randomUUID()
  await append(trace, lines(2))
  const listener = await listen(trace)
  const past = await listener.take(2)
  await append(trace, lines(1), here)
  await append(trace, lines(2), there)

  assert.deepEqual(seqs([...past, ...(await listener.take(3))]), [1, 2, 3, 4, 5])
  listener.socket.close()
})

test('?after= replays what was missed, without a gap or a double, while others append', async () => {
  const trace = randomUUID()
  await append(trace, lines(70))
  // Four at once: those who wait for a trace's number have less than a second, also on a busy machine.
  const appendInTurns = async () => {
    for (let turn = 0; turn < 5; turn += 1)
      await Promise.all([here, here, there, there].map((at) => append(trace, lines(3), at)))
  }
  const appending = appendInTurns()
  const listeners = await Promise.all([
    listen(trace, { query: '?after=30' }),
    listen(trace, { query: '?after=69', at: there }),
  ])
  const [first, second] = await Promise.all([listeners[0].take(100), listeners[1].take(61)])
  await appending

  assert.deepEqual(seqs(first), upTo(130, 31))
  assert.deepEqual(seqs(second), upTo(130, 70))
  for (const { socket } of listeners) socket.close()
})

test('an announcement that is lost is made good by the next one', async () => {
  const trace = randomUUID()
  await append(trace)
  const listener = await listen(trace, { at: there })
  await listener.take(1)
  const lost = mock.method(store, 'publish', async () => assert.fail('the store is gone'))
  await append(trace)
  lost.mock.restore()
  await append(trace)

  assert.deepEqual(seqs(await listener.take(2)), [2, 3])
  listener.socket.close()
})

test('who appends is heard in the same process while the store is gone', async () => {
  const trace = randomUUID()
  await append(trace)
  const listener = await listen(trace)
  await listener.take(1)
  const lost = mock.method(store, 'publish', async () => assert.fail('the store is gone'))
  await append(trace)

  assert.deepEqual(seqs(await listener.take(1)), [2])
  lost.mock.restore()
  listener.socket.close()
})

test('a handshake is refused before it: no token, somebody else, another tenant, no trace, bad input', async () => {
  const trace = randomUUID()
  await append(trace)
  const otherTenant = { sub: 'cho', role: 'admin', tenant_id: '00000000-0000-4000-8000-000000000002' }
  const path = `/ws/trace/${trace}`

  assert.deepEqual(await refusalOf(path, {}), [401, '/problems/token-missing'])
  assert.deepEqual(await refusalOf(path, { ...headersOf(lee), 'x-user-sub': 'choi' }), [
    401,
    '/problems/user-sub-mismatch',
  ])
  assert.deepEqual(await refusalOf(path, headersOf({ sub: 'choi' })), [403, '/problems/trace-not-yours'])
  assert.deepEqual(await refusalOf(path, headersOf(otherTenant)), [404, '/problems/trace-not-found'])
  assert.deepEqual(await refusalOf('/ws/trace/absent', headersOf(lee)), [404, '/problems/trace-not-found'])
  assert.deepEqual(await refusalOf(`${path}?after=-1`, headersOf(lee)), [400, '/problems/invalid-request'])
})

test('plain HTTP on the path of the WebSocket is 426', async () => {
  const trace = randomUUID()
  await append(trace)
  const answer = await here.app.inject({ url: `/ws/trace/${trace}`, headers: headersOf(lee) })

  assert.deepEqual([answer.statusCode, answer.json().type], [426, '/problems/upgrade-required'])
})

test('a refused handshake ends its connection, on a path that is not there too', async () => {
  for (const path of ['/ws/trace/absent', '/nowhere', '/healthz', '/api/trace/openapi.json']) {
    const socket = rawUpgrade(path, {})
    let answer = ''
    socket.on('data', (chunk) => {
      answer += chunk
    })
    await once(socket, 'end')

    assert.match(answer, /^HTTP\/1\.1 (401|404|200)/, path)
    socket.destroy()
  }
})

test('a ping is answered by a pong, anything else ends the socket', async () => {
  const trace = randomUUID()
  await append(trace)
  const listener = await listen(trace, { query: '?after=1' })
  listener.socket.send('{"type":"ping"}')
  assert.deepEqual(await listener.take(1), [{ type: 'pong' }])
  listener.socket.send('{"type":"pong"}')
  listener.socket.send('{"type":"entry"}')

  assert.equal(await listener.closed, 1008)
  for (const odd of ['{', 'null', '"ping"', Buffer.from('{"type":"ping"}')]) {
    const another = await listen(trace, { query: '?after=1' })
    another.socket.send(odd)
    assert.equal(await another.closed, 1008)
  }
  const large = await listen(trace, { query: '?after=1' })
  large.socket.send('x'.repeat(2000))
  assert.equal(await large.closed, 1009)
})

test('who does not read is cut off with 1013, and others are not disturbed', async () => {
  const trace = randomUUID()
  await append(trace)
  const [reader, stalled] = [await listen(trace), await listen(trace)]
  await Promise.all([reader.take(1), stalled.take(1)])
  stalled.socket.pause()
  let received = 0
  stalled.socket.on('message', () => {
    received += 1
  })
  // More than the buffers of the system and of the service hold together.
  const batches = 36
  for (let batch = 0; batch < batches; batch += 1) {
    await append(trace, lines(19, LONG))
    await reader.take(19)
  }
  stalled.socket.resume()

  assert.equal(await stalled.closed, 1013)
  assert.ok(received < batches * 19, `received ${received}`)
  assert.equal(reader.socket.readyState, WebSocket.OPEN)
  reader.socket.close()
})

test('who stops reading in the middle of a long past is cut off with 1013, and what is left is not buffered', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval', 'Date'], now: Date.now() })
  const third = await start()
  t.after(() => third.app.close())
  const trace = randomUUID()
  const total = 720
  for (let at = 0; at < total; at += 40) await append(trace, lines(40, LONG), third)
  const stalled = await listen(trace, { at: third })
  stalled.socket.pause()
  let received = 0
  stalled.socket.on('message', () => {
    received += 1
  })
  const reader = await listen(trace, { at: third })
  assert.deepEqual(seqs(await reader.take(total)), upTo(total))
  t.mock.timers.tick(20_000)
  stalled.socket.resume()

  assert.equal(await stalled.closed, 1013)
  assert.ok(received < total, `received ${received}`)
  assert.equal(reader.socket.readyState, WebSocket.OPEN)
})

test('an administrator who listens is sent away when their rights change, the owner stays', async () => {
  const trace = randomUUID()
  await append(trace)
  const owner = await listen(trace)
  const admin = await listen(trace, { claims: { sub: 'park', role: 'ADMIN' } })
  const another = await listen(trace, { claims: { sub: 'kim', role: 'admin' } })
  for (const message of ['{', '[]', JSON.stringify({ issuer: 'https://other', sub: 'kim' })])
    await store.publish(ACCESS_CHANNEL, message)
  await store.publish(ACCESS_CHANNEL, JSON.stringify({ issuer: issuer.issuer, sub: 'park' }))
  await store.publish(ACCESS_CHANNEL, JSON.stringify({ issuer: issuer.issuer, sub: 'lee' }))

  assert.equal(await admin.closed, 4401)
  assert.equal(another.socket.readyState, WebSocket.OPEN)
  await store.publish(ACCESS_CHANNEL, JSON.stringify({ all: true }))
  assert.equal(await another.closed, 4401)
  assert.equal(owner.socket.readyState, WebSocket.OPEN)
  owner.socket.close()
})

test('a peer without a sign of life for 60 s is cut, one that answers pings stays, and a heartbeat reads on', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval', 'Date'], now: Date.now() })
  const third = await start()
  t.after(() => third.app.close())
  const trace = randomUUID()
  await append(trace)
  const silent = await listen(trace, { at: third, autoPong: false })
  const living = await listen(trace, { at: third })
  const lost = t.mock.method(store, 'publish', async () => assert.fail('the store is gone'))
  await append(trace)
  lost.mock.restore()
  await living.take(1)
  for (let heartbeat = 0; heartbeat < 4; heartbeat += 1) {
    const pinged = once(living.socket, 'ping')
    t.mock.timers.tick(20_000)
    await pinged
    // Answered after the pong was read.
    living.socket.send('{"type":"ping"}')
    const answers = await living.take(heartbeat === 0 ? 2 : 1)
    const missed = answers.filter(({ type }) => type === 'entry')
    assert.deepEqual(seqs(missed), heartbeat === 0 ? [2] : [])
  }

  assert.equal(await silent.closed, 1006)
  assert.equal(living.socket.readyState, WebSocket.OPEN)
  await third.app.close()
  assert.equal(await living.closed, 1001)
})

test('a service that ends says going away, and does not wait for peers that never answer', async (t) => {
  const third = await start()
  t.after(() => third.app.close())
  const trace = randomUUID()
  await append(trace)
  const listener = await listen(trace, { at: third })
  const stalled = rawUpgrade(`/ws/trace/${trace}`, headersOf(lee), third.port)
  await once(stalled, 'readable')
  await third.app.close()

  assert.equal(await listener.closed, 1001)
  stalled.destroy()
})

function rawUpgrade(path: string, headers: Record<string, string>, port = here.port) {
  const socket = connectSocket(port, '127.0.0.1')
  const all = {
    host: 'x',
    connection: 'upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': randomBytes(16).toString('base64'),
    ...headers,
  }
  const text = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.write(`GET ${path} HTTP/1.1\r\n${text.join('')}\r\n`)
  return socket
}
