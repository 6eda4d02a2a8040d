import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { WebSocket, WebSocketServer } from 'ws'
import { LEE, type Running, runGateway, until } from '../gateway.fixture.ts'
import { RawClient } from '../raw-client.fixture.ts'

const HOST = 'Host: gateway.example\r\n'
const KEY = 'dGhlIHNhbXBsZSBub25jZQ=='
const handshake = (path: string, rest = '') =>
  `GET ${path} HTTP/1.1\r\n${HOST}Connection: Upgrade\r\nUpgrade: websocket\r\n` +
  `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${KEY}\r\n${rest}\r\n`

interface EchoService {
  url: string
  requests: IncomingMessage[]
  sockets: WebSocket[]
}

/** A service that echoes messages. */
async function echo(t: TestContext, options: { protocol?: string; refuse?: number } = {}): Promise<EchoService> {
  const requests: IncomingMessage[] = []
  const sockets: WebSocket[] = []
  const server = createServer()
  const sockets_ = new WebSocketServer({
    noServer: true,
    handleProtocols: () => options.protocol ?? false,
    maxPayload: 0,
  })
  server.on('upgrade', (request, socket, head) => {
    requests.push(request)
    if (options.refuse !== undefined) {
      socket.end(`HTTP/1.1 ${options.refuse} No\r\nContent-Length: 4\r\nX-Own: 1\r\nServer: x\r\n\r\nno!!`)
      return
    }
    sockets_.handleUpgrade(request, socket, head, (client) => {
      sockets.push(client)
      client.on('error', () => {})
      client.on('message', (data, isBinary) => client.send(data, { binary: isBinary }))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    for (const client of sockets) client.terminate()
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests, sockets }
}

async function connected(
  t: TestContext,
  gateway: Running,
  path = '/ws/meal/live',
  protocols: string[] = [],
  options = {},
) {
  const client = new WebSocket(`ws://127.0.0.1:${gateway.port}${path}`, protocols, {
    headers: { authorization: gateway.bearer() },
    ...options,
  })
  client.on('error', () => {})
  t.after(() => client.terminate())
  await once(client, 'open')
  return client
}

const closeOf = async (client: WebSocket): Promise<string> => {
  const [code, reason] = await once(client, 'close')
  return `${code} ${reason}`.trim()
}

test('messages go both ways unchanged, large and small, text and binary, compressed too', async (t) => {
  const service = await echo(t)
  const gateway = await runGateway(t, { mealUrl: service.url })
  const client = await connected(t, gateway)
  const received: Buffer[] = []
  client.on('message', (data) => received.push(data as Buffer))
  const messages = ['', 'hello 한', 'x'.repeat(125), 'x'.repeat(126), 'x'.repeat(70_000), 'x'.repeat(900_000)]

  for (const message of messages) client.send(message)

  await until(() => received.length === messages.length)
  assert.deepEqual(received.map(String), messages)
})

test('the service sees the verified subject and no token in its URL', async (t) => {
  const service = await echo(t)
  const gateway = await runGateway(t, { mealUrl: service.url })
  const token = gateway.token()
  const withoutHeader = { headers: {} }

  await connected(t, gateway, `/ws/meal/live?a=1&token=${token}&b=2`, [], withoutHeader)

  const [request] = service.requests
  assert.equal(request?.url, '/ws/meal/live?a=1&b=2')
  assert.equal(request?.headers['x-user-sub'], LEE)
  assert.equal(request?.headers.authorization, `Bearer ${token}`)
  assert.equal(JSON.parse(gateway.lines[0] as string).status, 101)
  assert.ok(!gateway.lines.join().includes(token))
})

test('a token offered as subprotocol stays here; the answer is the choice of the service, else bearer', async (t) => {
  const choosing = await echo(t, { protocol: 'x' })
  const silent = await echo(t)
  const first = await runGateway(t, { mealUrl: choosing.url })
  const second = await runGateway(t, { mealUrl: silent.url })
  const offer = (gateway: Running) => ['bearer', gateway.token(), 'x']

  const chosen = await connected(t, first, '/ws/meal/live', offer(first), { headers: {} })
  const fallback = await connected(t, second, '/ws/meal/live', offer(second), { headers: {} })

  assert.equal(chosen.protocol, 'x')
  assert.equal(fallback.protocol, 'bearer')
  assert.equal(choosing.requests[0]?.headers['sec-websocket-protocol'], 'x')
})

test('nothing reaches the service before the caller may', async (t) => {
  const service = await echo(t)
  const { port, bearer, token } = await runGateway(t, {
    mealUrl: service.url,
    file: 'allowed_origins: [https://app.example]',
  })
  const good = `Authorization: ${bearer()}\r\n`
  const refusals = {
    'no token': [handshake('/ws/meal/live'), '401 token-missing'],
    'a bad token': [handshake('/ws/meal/live?token=bad'), '401 token-invalid'],
    'two tokens': [handshake(`/ws/meal/live?token=${token()}`, good), '400 two-credentials'],
    'a section that is missing': [handshake('/ws/meal/reports', good), '403 section-required'],
    'a foreign origin': [
      handshake('/ws/meal/live', `${good}Origin: https://evil.example\r\nCookie: a=b\r\n`),
      '403 origin-not-allowed',
    ],
    'no module': [handshake('/ws/nothing/live', good), '404 module-not-found'],
    'a body': [handshake('/ws/meal/live', `${good}Content-Length: 3\r\n`), '400 malformed-request'],
    'an old version': [handshake('/ws/meal/live', good).replace('Version: 13', 'Version: 8'), '426 handshake-version'],
    'a short key': [handshake('/ws/meal/live', good).replace(KEY, 'c2hvcnQ='), '400 handshake-malformed'],
    'two hosts': [handshake('/ws/meal/live', `${good}Host: other\r\n`), '400 ambiguous-header'],
    'a dotted path': [handshake('/ws/meal/../x', good), '400 ambiguous-path'],
  } as const
  for (const [name, [text, refusal]] of Object.entries(refusals)) {
    const client = await new RawClient(port).send(text).closed()
    client.socket.destroy()
    assert.equal(client.refusal, refusal, name)
  }

  assert.deepEqual(service.requests, [])
})

test("the service's own refusal is passed on as it is", async (t) => {
  const service = await echo(t, { refuse: 418 })
  const { port, bearer } = await runGateway(t, { mealUrl: service.url })

  const client = await new RawClient(port).send(handshake('/ws/meal/live', `Authorization: ${bearer()}\r\n`)).closed()

  assert.equal(client.status, 418)
  assert.match(client.text, /x-own: 1/i)
  assert.doesNotMatch(client.text, /server: x/i)
  assert.match(client.text, /\r\n\r\nno!!$/)
})

test('an acceptance that is not one of this handshake is 502', async (t) => {
  const server = createServer()
  server.on('upgrade', (_request, socket) =>
    socket.write(`HTTP/1.1 101 Yes\r\nConnection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: AAAA\r\n\r\n`),
  )
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  const mealUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const { port, bearer } = await runGateway(t, { mealUrl })

  const client = await new RawClient(port).send(handshake('/ws/meal/live', `Authorization: ${bearer()}\r\n`)).closed()

  assert.equal(client.refusal, '502 upstream-failed')
})

test('a service that is not there or silent is told as such', async (t) => {
  const server = createServer()
  server.on('upgrade', () => {})
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const silent = await runGateway(t, {
    mealUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    settings: '    timeout: 200ms',
  })
  const dead = await runGateway(t, { mealUrl: 'http://127.0.0.1:1' })
  const ask = ({ port, bearer }: Running) =>
    new RawClient(port).send(handshake('/ws/meal/live', `Authorization: ${bearer()}\r\n`)).closed()

  assert.equal((await ask(silent)).refusal, '504 upstream-timeout')
  assert.equal((await ask(dead)).refusal, '502 upstream-unreachable')
})

test('what a caller sends before the handshake is done arrives after it, in order', async (t) => {
  const service = await echo(t)
  const { port, bearer } = await runGateway(t, { mealUrl: service.url })
  const masked = (text: string) =>
    Buffer.concat([Buffer.from([0x81, 0x80 | text.length, 0, 0, 0, 0]), Buffer.from(text)])
  const early = Buffer.concat([
    Buffer.from(handshake('/ws/meal/live', `Authorization: ${bearer()}\r\n`)),
    masked('one'),
  ])
  const client = new RawClient(port).send(early).send(masked('two'))

  await client.seen('two')

  assert.ok(client.text.endsWith('\x81\x03one\x81\x03two'))
  const accept = createHash('sha1').update(`${KEY}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')
  assert.ok(client.text.includes(accept))
  client.socket.destroy()
})

test('the end of the right to be there ends the socket on both sides with its code', async (t) => {
  const service = await echo(t)
  const gateway = await runGateway(t, { mealUrl: service.url })
  const { user, platform } = gateway
  const changed = () => gateway.announce({ issuer: platform.issuer, sub: LEE })

  user.setPerson({ sub: LEE, sections: [{ id: 'reports', level: 'user' }] })
  const demoted = await connected(t, gateway, '/ws/meal/reports')
  user.setPerson({ sub: LEE, sections: [] })
  const seenBelow = closeOf(service.sockets[0] as WebSocket)
  const seenAbove = closeOf(demoted)
  await changed()
  assert.match(await seenAbove, /^4403/)
  assert.match(await seenBelow, /^4403/)

  const signedOut = await connected(t, gateway)
  const ended = closeOf(signedOut)
  user.setPerson({ sub: LEE, valid_from: Math.floor(Date.now() / 1000) + 3600 })
  await changed()
  assert.match(await ended, /^4401/)
})

test('a socket ends with 1012 when a reload removes its module, and stays through any other reload', async (t) => {
  const service = await echo(t)
  const gateway = await runGateway(t, { mealUrl: service.url })
  const client = await connected(t, gateway)

  await gateway.rewrite((text) => `${text}\npublic_hosts: [127.0.0.1, gateway.example]\n`)
  client.send('still here')
  assert.equal(String((await once(client, 'message'))[0]), 'still here')
  const ended = closeOf(client)
  await gateway.rewrite((text) => text.replace('- meal:', '- lunch:'))

  assert.match(await ended, /^1012/)
})

test('a gateway that is stopped sends its sockets away with 1001', async (t) => {
  const service = await echo(t)
  const gateway = await runGateway(t, { mealUrl: service.url })
  const client = await connected(t, gateway)
  const ended = closeOf(client)

  await gateway.close()

  assert.match(await ended, /^1001/)
})

test('a message over the limit ends the socket with 1009, whoever sends it', async (t) => {
  const service = await echo(t)
  const gateway = await runGateway(t, { mealUrl: service.url, settings: '    max_message: 64KB' })
  const talker = await connected(t, gateway, '/ws/meal/live', [], {
    headers: { authorization: gateway.bearer() },
    perMessageDeflate: false,
  })
  const listener = await connected(t, gateway, '/ws/meal/live', [], {
    headers: { authorization: gateway.bearer() },
    perMessageDeflate: false,
  })

  talker.send(Buffer.alloc(100_000))
  assert.match(await closeOf(talker), /^1009/)
  service.sockets[1]?.send(Buffer.alloc(100_000))
  assert.match(await closeOf(listener), /^1009/)
})

test('a socket that is silent for longer than its service allows is closed with 1001', async (t) => {
  const service = await echo(t)
  const gateway = await runGateway(t, { mealUrl: service.url, settings: '    idle_timeout: 300ms' })
  const client = await connected(t, gateway)

  assert.match(await closeOf(client), /^1001/)
})

test('in the middle of a message nothing is put in: its rest goes first, or the connection ends', async (t) => {
  let below: Socket | undefined
  const server = createServer()
  server.on('upgrade', (request: IncomingMessage, socket: Socket) => {
    below = socket
    socket.on('error', () => {})
    const accept = createHash('sha1').update(
      `${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`,
    )
    socket.write(
      `HTTP/1.1 101 Yes\r\nConnection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ${accept.digest('base64')}\r\n\r\n`,
    )
    socket.write(Buffer.concat([Buffer.from([0x81, 10]), Buffer.from('begin')]))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    below?.destroy()
    server.close()
  })
  const mealUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const gateway = await runGateway(t, { mealUrl })
  const start = () =>
    new RawClient(gateway.port).send(handshake('/ws/meal/live', `Authorization: ${gateway.bearer()}\r\n`)).seen('begin')
  const end = async () => {
    gateway.user.setPerson({ sub: LEE, status: 'disabled' })
    await gateway.announce({ issuer: gateway.platform.issuer, sub: LEE })
  }

  const finishing = await start()
  const upstreamSeen = new Promise<void>((resolve) => below?.once('data', () => resolve()))
  await end()
  await upstreamSeen
  below?.write('ended')
  await finishing.closed()
  const afterMessage = finishing.bytes.subarray(finishing.text.indexOf('beginended') + 'beginended'.length)
  assert.equal(afterMessage[0], 0x88)
  assert.equal(afterMessage.readUInt16BE(2), 4403)

  gateway.user.setPerson({ sub: LEE, status: 'active' })
  await gateway.announce({ issuer: gateway.platform.issuer, sub: LEE })
  const stuck = await start()
  await end()
  await stuck.closed()
  assert.ok(stuck.text.endsWith('\x81\x0abegin'))
})

test('a caller who reads nothing holds the service back instead of filling memory', async (t) => {
  const service = await echo(t)
  const { port, bearer } = await runGateway(t, { mealUrl: service.url })
  const client = await new RawClient(port)
    .send(handshake('/ws/meal/live', `Authorization: ${bearer()}\r\n`))
    .seen('101')
  client.socket.pause()
  const [below] = service.sockets
  for (let i = 0; i < 1000; i++) below?.send(Buffer.alloc(65_536))
  let before = -1
  await until(async () => {
    const isStill = before === below?.bufferedAmount
    before = below?.bufferedAmount ?? 0
    await new Promise((resolve) => setTimeout(resolve, 200))
    return isStill
  })
  client.socket.destroy()

  assert.ok(before > 32 * 1024 * 1024, 'most of it must still be with the service')
})

test('a handshake behind a request that is not answered yet ends the connection', async (t) => {
  const service = await echo(t)
  const { port } = await runGateway(t, { mealUrl: service.url })
  const unanswered = `GET /api/meal/open HTTP/1.1\r\n${HOST}\r\n`

  const client = await new RawClient(port).send(unanswered + handshake('/ws/meal/open')).closed()

  assert.equal(client.text, '')
  assert.equal(service.requests.length, 0)
})

test('when one side goes, the other goes too', async (t) => {
  const service = await echo(t)
  const gateway = await runGateway(t, { mealUrl: service.url })
  const first = await connected(t, gateway)
  const second = await connected(t, gateway)
  const openSockets = async () => /gateway_sockets_open{module="meal"} (\d+)/.exec(await gateway.metrics())?.[1]

  first.terminate()
  service.sockets[1]?.terminate()
  await Promise.all([closeOf(second), closeOf(service.sockets[0] as WebSocket)])

  await until(async () => (await openSockets()) === undefined)
})

test('another upgrade than to WebSocket is a plain request whose Upgrade ends here', async (t) => {
  const { port, seen } = await runGateway(t)

  const client = await new RawClient(port)
    .send(
      `GET /api/meal/open HTTP/1.1\r\n${HOST}Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: x\r\n\r\n`,
    )
    .seen('ok')
  client.socket.destroy()

  assert.equal(client.status, 200)
  assert.ok(!seen[0]?.rawHeaders.some(([name]) => /upgrade|http2/i.test(name)))
})
