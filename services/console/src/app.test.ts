import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { type AddressInfo, connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { after, before, test } from 'node:test'
import { testUpstream } from '@munjigi/testing/upstream'
import { generate } from 'selfsigned'
import { buildApp, type ConsoleOptions } from './app.ts'

const platformIssuer = 'https://gate.example.com:9050'
const app = (options: Partial<ConsoleOptions> = {}) =>
  buildApp({ gatewayUrl: 'http://127.0.0.1:9', platformIssuer, logLevel: 'silent', ...options })
const page = { accept: 'text/html' }

let gateway: Awaited<ReturnType<typeof testUpstream>>
before(async () => {
  gateway = await testUpstream((request, response) => {
    if (request.url === '/api/busy') return response.writeHead(503, { 'retry-after': '0' }).end('busy')
    response.setHeader('set-cookie', 'munjigi-refresh=x; Path=/api/auth/')
    request.on('end', () => response.end('here')).resume()
  })
})
after(() => gateway.close())

test('a page comes with a policy whose nonce is its own, and is kept nowhere', async () => {
  const console = app()
  const [one, two] = [
    await console.inject({ url: '/', headers: page }),
    await console.inject({ url: '/', headers: page }),
  ]
  const nonceOf = ({ body }: { body: string }) => /property="csp-nonce" nonce="([^"]+)"/.exec(body)?.[1]

  assert.equal(one.statusCode, 200)
  assert.match(
    String(one.headers['content-security-policy']),
    new RegExp(`'nonce-${nonceOf(one)?.replaceAll('+', '\\+')}'`),
  )
  assert.notEqual(nonceOf(one), nonceOf(two))
  assert.deepEqual(
    ['cache-control', 'referrer-policy', 'x-content-type-options'].map((name) => one.headers[name]),
    ['no-store', 'no-referrer', 'nosniff'],
  )
  assert.doesNotMatch(String(one.headers['content-security-policy']), /unsafe/)
})

test('the page says which mode it runs in', async () => {
  assert.match((await app({ mode: 'embedded' }).inject({ url: '/', headers: page })).body, /data-mode="embedded"/)
  assert.match((await app().inject({ url: '/', headers: page })).body, /data-mode="production"/)
})

test('files of the build are kept for good, a path of no page is 404, and no page is sent to who asks for none', async () => {
  const console = app()
  const script = /src="(\/assets\/[^"]+\.js)"/.exec((await console.inject({ url: '/', headers: page })).body)?.[1] ?? ''
  const file = await console.inject(script)

  assert.equal(file.statusCode, 200)
  assert.match(String(file.headers['cache-control']), /immutable/)
  assert.equal(file.headers['x-content-type-options'], 'nosniff')
  const lost = await console.inject({ url: '/nowhere', headers: page })
  assert.deepEqual([lost.statusCode, /id="root"/.test(lost.body)], [404, true])
  assert.equal((await console.inject('/nowhere')).json().type, '/problems/not-found')
  assert.equal((await console.inject('/assets/..%2f..%2fpackage.json')).statusCode, 404)
})

test('sign-in begins at the address of the platform, where its cookie belongs', async () => {
  const answer = await app().inject('/sign-in')

  assert.deepEqual([answer.statusCode, answer.headers.location], [302, `${platformIssuer}/api/auth/login/`])
})

test('what belongs to one connection ends here, both ways', async (t) => {
  const console = app({ gatewayUrl: gateway.url })
  t.after(() => console.close())
  await console.listen({ host: '127.0.0.1', port: 0 })
  const lines = [
    'Expect: 100-continue\r\nConnection: close',
    'Keep-Alive: 5\r\nProxy-Connection: x\r\nTE: trailers\r\nConnection: close',
    'Upgrade: h2c\r\nConnection: Upgrade, close',
    'Upgrade: websocket\r\nConnection: Upgrade, close',
  ]
  for (const line of lines) {
    const socket = connect((console.server.address() as AddressInfo).port, '127.0.0.1')
    socket.write(`GET /api/x HTTP/1.1\r\nHost: localhost\r\n${line}\r\n\r\n`)
    const answer = await text(socket)

    assert.match(answer, /HTTP\/1\.1 200 OK.*here/s, line)
  }
})

test('/api goes to the gateway as it came, with the origin of the page and our word for where it came from', async () => {
  const console = app({ gatewayUrl: gateway.url })
  const answer = await console.inject({
    method: 'POST',
    url: '/api/auth/v1/refresh?x=%ED%95%9C',
    headers: { origin: 'http://localhost:9060', 'x-forwarded-for': '6.6.6.6', forwarded: 'for=6.6.6.6', cookie: 'a=b' },
    payload: { a: 1 },
  })
  const seen = gateway.requests.at(-1)
  const headers = new Headers(seen?.rawHeaders)

  assert.deepEqual([answer.statusCode, answer.body], [200, 'here'])
  assert.match(String(answer.headers['set-cookie']), /^munjigi-refresh=x/)
  assert.deepEqual([seen?.method, seen?.url, seen?.body], ['POST', '/api/auth/v1/refresh?x=%ED%95%9C', '{"a":1}'])
  assert.deepEqual(
    ['origin', 'cookie', 'x-forwarded-for', 'forwarded'].map((name) => headers.get(name)),
    ['http://localhost:9060', 'a=b', '127.0.0.1', null],
  )
})

test('a 503 of the gateway is passed on and not asked for again', async () => {
  const before = gateway.requests.length
  const answer = await app({ gatewayUrl: gateway.url }).inject('/api/busy')

  assert.deepEqual([answer.statusCode, answer.body], [503, 'busy'])
  assert.equal(gateway.requests.length, before + 1)
})

test('a gateway that is not there is a 502 problem', async () => {
  const answer = await app().inject('/api/auth/v1/me')

  assert.deepEqual([answer.statusCode, answer.json().type], [502, '/problems/gateway-unreachable'])
})

test("the gateway's certificate is checked, against the authority that is given", async (t) => {
  const names = [{ name: 'commonName', value: 'localhost' }]
  const { private: key, cert } = await generate(names, {
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }] }],
  })
  const server = createTlsServer({ key, cert }, (_request, response) => response.end('safe')).listen(0)
  t.after(() => server.close())
  const gatewayUrl = `https://localhost:${(server.address() as AddressInfo).port}`

  assert.equal((await app({ gatewayUrl }).inject('/api/x')).statusCode, 502)
  assert.equal((await app({ gatewayUrl, gatewayCa: cert }).inject('/api/x')).body, 'safe')
})

test('/ws goes to the gateway with its query and the origin of the page, and what is said comes back', async (t) => {
  const console = app({ gatewayUrl: gateway.url })
  t.after(() => console.close())
  const upgraded = Promise.withResolvers<IncomingMessage>()
  gateway.server.once('upgrade', (request, socket) => {
    t.after(() => socket.destroy())
    upgraded.resolve(request)
    // RFC 6455 §1.3: the handshake, then one unmasked text frame.
    const accept = createHash('sha1').update(
      `${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`,
    )
    const head = ['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade']
    socket.write(`${head.join('\r\n')}\r\nSec-WebSocket-Accept: ${accept.digest('base64')}\r\n\r\n`)
    socket.write(Buffer.from([0x81, 5, ...Buffer.from('hello')]))
    socket.on('error', () => {}).resume()
  })
  const address = await console.listen({ port: 0, host: '127.0.0.1' })
  const socket = new WebSocket(`${address.replace('http', 'ws')}/ws/trace/t1?token=abc`, {
    headers: { origin: 'http://localhost:9060', 'x-forwarded-for': '6.6.6.6' },
  })
  t.after(() => socket.close())
  const [{ data }] = (await once(socket, 'message')) as [MessageEvent]
  const { url, headers } = await upgraded.promise

  assert.equal(data, 'hello')
  assert.deepEqual(
    [url, headers.origin, headers['x-forwarded-for']],
    ['/ws/trace/t1?token=abc', 'http://localhost:9060', '127.0.0.1'],
  )
})
