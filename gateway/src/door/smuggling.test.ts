import assert from 'node:assert/strict'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { test } from 'node:test'
import { runGateway } from '../gateway.fixture.ts'
import { RawClient, raw } from '../raw-client.fixture.ts'

const HOST = 'Host: gateway.example\r\n'
const CHUNKED = 'Transfer-Encoding: chunked\r\n'

test('a request with two readings of where its body ends never reaches a service', async (t) => {
  const { port, seen, bearer } = await runGateway(t)
  const head = (method = 'POST', version = '1.1') =>
    `${method} /api/meal/v1/menus HTTP/${version}\r\n${HOST}Authorization: ${bearer()}\r\n`
  const malformed = {
    'length and coding': `${head()}Content-Length: 3\r\n${CHUNKED}\r\n0\r\n\r\n`,
    'coding and length': `${head()}${CHUNKED}Content-Length: 3\r\n\r\n0\r\n\r\n`,
    'two lengths': `${head()}Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd`,
    'the same length twice': `${head()}Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc`,
    'a list of lengths': `${head()}Content-Length: 3, 3\r\n\r\nabc`,
    'a signed length': `${head()}Content-Length: +3\r\n\r\nabc`,
    'a coding before chunked': `${head()}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`,
    'codings on two lines': `${head()}Transfer-Encoding: gzip\r\n${CHUNKED}\r\n0\r\n\r\n`,
    'chunked twice': `${head()}Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n`,
    identity: `${head()}Transfer-Encoding: identity\r\n\r\nabc`,
    'something like chunked': `${head()}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`,
    'a control byte before chunked': `${head()}Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n`,
    'a space before the colon': `${head()}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n`,
    'a coding in HTTP/1.0': `${head('POST', '1.0')}${CHUNKED}\r\n0\r\n\r\n`,
    'chunks that end in bare line feeds': `${head()}${CHUNKED}\r\n3\nabc\n0\n\n`,
    'bare line feeds': `${head('GET')}\r\n`.replaceAll('\r\n', '\n'),
    'one bare line feed': `${head('GET')}X-A: b\nX-C: d\r\n\r\n`,
    'a carriage return in a value': `${head('GET')}X-A: b\rc\r\n\r\n`,
    'a folded header': `${head('GET')}X-A: b\r\n c\r\n\r\n`,
    'a NUL in a value': `${head('GET')}X-A: b\0c\r\n\r\n`,
    'HTTP/0.9': 'GET /api/meal/v1/menus\r\n\r\n',
    'HTTP/2 as text': `${head('GET', '2.0')}\r\n`,
    'no Host': 'GET /api/meal/v1/menus HTTP/1.1\r\n\r\n',
    'a Host with a path': `GET /api/meal/v1/menus HTTP/1.1\r\nHost: a/b\r\n\r\n`,
  }
  for (const [name, text] of Object.entries(malformed)) {
    const client = await raw(port, text)
    assert.equal(client.refusal, '400 malformed-request', name)
  }
  const hosts = await new RawClient(port).send(`${head('GET')}Host: other.example\r\n\r\n`).seen('}')
  hosts.socket.destroy()

  const types = await new RawClient(port)
    .send(`${head()}Content-Type: text/plain\r\ncontent-type: application/json\r\nContent-Length: 0\r\n\r\n`)
    .seen('}')
  types.socket.destroy()

  assert.deepEqual([hosts.refusal, types.refusal], ['400 ambiguous-header', '400 ambiguous-header'])
  assert.deepEqual(seen, [])
})

test('of requests in a row each is admitted by itself', async (t) => {
  const { port, seen, bearer } = await runGateway(t)
  const client = new RawClient(port)
  const allowed = `GET /api/meal/v1/a HTTP/1.1\r\n${HOST}Authorization: ${bearer()}\r\n\r\n`
  const stranger = `GET /api/meal/v1/b HTTP/1.1\r\n${HOST}\r\n`
  const last = `GET /api/meal/v1/c HTTP/1.1\r\n${HOST}Authorization: ${bearer()}\r\nConnection: close\r\n\r\n`

  await client.send(allowed + stranger + last).closed()

  const statuses = [...client.text.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status)
  assert.deepEqual(statuses, ['200', '401', '200'])
  assert.deepEqual(seen.map(({ url }) => url).sort(), ['/api/meal/v1/a', '/api/meal/v1/c'])
})

test('what follows a body is a request of its own and is admitted by itself', async (t) => {
  const { port, seen, bearer } = await runGateway(t)
  const smuggled = `GET /api/meal/v1/secret HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`
  const first = `POST /api/meal/v1/a HTTP/1.1\r\n${HOST}Authorization: ${bearer()}\r\n`

  const byLength = await raw(port, `${first}Content-Length: 1\r\n\r\nx${smuggled}`)
  const byChunks = await raw(port, `${first}${CHUNKED}\r\n1\r\nx\r\n0\r\n\r\n${smuggled}`)

  for (const client of [byLength, byChunks]) assert.match(client.text, /HTTP\/1\.1 401/)
  assert.deepEqual(
    seen.map(({ url, body }) => `${url} ${body}`),
    ['/api/meal/v1/a x', '/api/meal/v1/a x'],
  )
})

// Node's parser throws away what came in one piece with such a request: the next answer would be taken for another's.
test('behind a request for another upgrade no request waits on its connection', async (t) => {
  const { port, seen } = await runGateway(t)
  const upgrade = `GET /api/meal/open HTTP/1.1\r\n${HOST}Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n`

  const answer = await raw(port, `${upgrade}GET /api/meal/open/lost HTTP/1.1\r\n${HOST}\r\n`)

  assert.equal(answer.status, 200)
  assert.match(answer.text, /connection: close/i)
  assert.equal(seen.length, 1)
})

test('a body of GET goes on framed as what it is', async (t) => {
  const { port, seen, bearer } = await runGateway(t)
  const head = `GET /api/meal/v1/search HTTP/1.1\r\n${HOST}Authorization: ${bearer()}\r\nConnection: close\r\n`

  await raw(port, `${head}Content-Length: 5\r\n\r\nquery`)
  await raw(port, `${head}${CHUNKED}\r\n5\r\nquery\r\n0\r\n\r\n`)

  assert.deepEqual(
    seen.map(({ method, body }) => [method, body]),
    [
      ['GET', 'query'],
      ['GET', 'query'],
    ],
  )
})

test('trailers and chunk extensions end at the gateway', async (t) => {
  const { port, seen, bearer } = await runGateway(t)

  await raw(
    port,
    `POST /api/meal/v1/a HTTP/1.1\r\n${HOST}Authorization: ${bearer()}\r\nConnection: close\r\nTrailer: X-User-Sub\r\n` +
      `${CHUNKED}\r\n3;x=y\r\nabc\r\n0\r\nX-User-Sub: admin\r\n\r\n`,
  )

  assert.equal(seen[0]?.body, 'abc')
  assert.deepEqual(seen[0]?.rawTrailers, [])
  assert.ok(!seen[0]?.rawHeaders.some(([name]) => name.toLowerCase() === 'trailer'))
})

test('neither a tunnel nor TRACE is forwarded', async (t) => {
  const { port, seen, bearer } = await runGateway(t)

  const tunnel = await raw(port, `CONNECT meal:80 HTTP/1.1\r\n${HOST}\r\n`)
  const trace = await raw(
    port,
    `TRACE /api/meal/v1/a HTTP/1.1\r\n${HOST}Authorization: ${bearer()}\r\nConnection: close\r\n\r\n`,
  )

  assert.equal(tunnel.refusal, '405 method-not-allowed')
  assert.equal(trace.refusal, '405 method-not-allowed')
  assert.deepEqual(seen, [])
})

test('headers beyond the limit are 431 and an expectation other than 100-continue is 417', async (t) => {
  const { port } = await runGateway(t)

  const large = await raw(port, `GET /api/meal/v1/a HTTP/1.1\r\n${HOST}X-A: ${'a'.repeat(20_000)}\r\n\r\n`)
  const odd = await raw(port, `GET /api/meal/v1/a HTTP/1.1\r\n${HOST}Expect: tea\r\n\r\n`)
  const context = `X-Service-Context: ${'a'.repeat(4097)}\r\nConnection: close\r\n`
  const wordy = await raw(port, `GET /api/meal/open HTTP/1.1\r\n${HOST}${context}\r\n`)

  assert.equal(large.refusal, '431 headers-too-large')
  assert.equal(odd.refusal, '417 expectation-failed')
  assert.equal(wordy.refusal, '431 context-too-large')
})

test('an unknown Host is refused, but not where a probe asks', async (t) => {
  const { port } = await runGateway(t, { file: 'public_hosts: [gateway.example]' })
  const ask = (path: string, host: string) =>
    raw(port, `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)

  assert.equal((await ask('/api/meal/v1/a', 'evil.example')).refusal, '400 unknown-host')
  assert.equal((await ask('/docs', 'evil.example')).refusal, '400 unknown-host')
  assert.equal((await ask('/api/meal/v1/a', 'gateway.example')).refusal, '401 token-missing')
  assert.equal((await ask('/healthz', 'evil.example')).status, 200)
})

/** A service that answers bytes. */
async function rawService(t: { after(fn: () => void): void }, answer: string, end = true) {
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', () => (end ? socket.end(answer) : socket.write(answer)))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

test('a service that answers what is no answer is 502', async (t) => {
  const answers = {
    'switches protocols unasked': 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n',
    'continues unasked': 'HTTP/1.1 100 Continue\r\n\r\n',
    'speaks something else': 'SSH-2.0-OpenSSH\r\n',
    'sends two lengths': 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab',
    'sends a length and a coding':
      'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    'sends a coding that ends here undone': 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nx',
    'sends two content types': 'HTTP/1.1 200 OK\r\nContent-Type: a/b\r\nContent-Type: c/d\r\nContent-Length: 0\r\n\r\n',
  }
  for (const [name, answer] of Object.entries(answers)) {
    const mealUrl = await rawService(t, answer)
    const { port } = await runGateway(t, { mealUrl })
    const client = await raw(port, `GET /api/meal/open HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`)
    assert.equal(client.refusal, '502 upstream-failed', name)
  }
})

test('a body that ends too early breaks the connection off instead of looking complete', async (t) => {
  for (const framing of ['Content-Length: 10\r\n\r\nshort', 'Transfer-Encoding: chunked\r\n\r\n5\r\nshort\r\n']) {
    const mealUrl = await rawService(t, `HTTP/1.1 200 OK\r\n${framing}`)
    const { url } = await runGateway(t, { mealUrl })

    await assert.rejects(async () => (await fetch(`${url}/api/meal/open`)).text())
  }
})
