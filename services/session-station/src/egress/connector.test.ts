import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { type TestContext, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { setDefaultCACertificates, type TLSSocket } from 'node:tls'
import type { Agent } from 'undici'
import {
  A_TEST,
  failureOf,
  get,
  listening,
  rawTarget,
  testEgress,
  testNameServer,
  testTarget,
  tlsTarget,
} from './egress.fixture.ts'
import { resolverOf } from './resolvers.ts'

/** A server that must not be reached, on another loopback address at the same port. */
async function forbidden(t: TestContext, address: string, port: number) {
  let connections = 0
  const server = createServer().on('connection', () => {
    connections += 1
  })
  server.listen(port, address)
  await once(server, 'listening')
  t.after(() => server.close())
  return { connections: () => connections }
}

test('a name that leads elsewhere the second time is asked once, and the connection goes where it was checked', async (t) => {
  const target = await testTarget(t, (_, response) => response.setHeader('connection', 'close').end('whole'))
  const inner = await forbidden(t, '127.0.0.2', target.port)
  const nameServer = await testNameServer(t, ({ type }) => {
    if (type === 'AAAA') return []
    return nameServer.questions.filter((question) => question.type === 'A').length === 1 ? ['127.0.0.1'] : ['127.0.0.2']
  })
  const egress = testEgress(t, `127.0.0.1:${target.port}`, resolverOf([nameServer.address]))
  const url = `http://rebinding.test:${target.port}/`

  const first = await egress.request(get(url))
  const questionsOfOne = nameServer.questions.map(({ type }) => type).sort()
  const second = await failureOf(egress.request(get(url)))

  assert.equal(first.body.toString(), 'whole')
  assert.deepEqual(questionsOfOne, ['A', 'AAAA'])
  assert.equal(second, 'address, not sent')
  assert.equal(inner.connections(), 0)
})

test('one address that is not allowed refuses the name, wherever it stands among the others', async (t) => {
  const target = await testTarget(t, (_, response) => response.end())
  const answers: Record<string, string[]> = {
    'last.test A': ['127.0.0.1', '127.0.0.2'],
    'first.test A': ['127.0.0.2', '127.0.0.1'],
    'six.test A': ['127.0.0.1'],
    'six.test AAAA': ['::1'],
    'mapped.test AAAA': ['::ffff:127.0.0.1'],
    'inner.test A': ['10.0.0.1'],
    'empty.test A': [],
  }
  const nameServer = await testNameServer(t, ({ name, type }) => answers[`${name} ${type}`] ?? [])
  const egress = testEgress(t, `127.0.0.1:${target.port}`, resolverOf([nameServer.address]))
  const names = [...new Set(Object.keys(answers).map((key) => key.split(' ')[0]))]
  for (const name of names)
    assert.equal(await failureOf(egress.request(get(`http://${name}:${target.port}/`))), 'address, not sent', name)

  assert.equal(target.requests.length, 0)
})

test('nobody learns which inner names exist', async (t) => {
  const nameServer = await testNameServer(t, ({ name, type }) => {
    if (name !== 'inner.test') return undefined
    return type === 'A' ? ['10.1.2.3'] : []
  })
  const egress = testEgress(t, '', resolverOf([nameServer.address]))
  const told = async (host: string) =>
    egress.request(get(`http://${host}/`)).catch(({ kind, message }) => `${kind}: ${message}`)

  assert.equal(await told('inner.test'), await told('absent.test'))
  assert.doesNotMatch(String(await told('inner.test')), /10\.1|inner/)
})

test('the next address is tried where nobody answers at one', async (t) => {
  const target = await testTarget(t, (_, response) => response.end('second'))
  const egress = testEgress(t, '127.0.0.0/8', async () => ['127.0.0.3', '127.0.0.1'])
  const answer = await egress.request(get(`http://two.test:${target.port}/`))

  assert.equal(answer.body.toString(), 'second')
})

test('where nobody answers at all it was not sent', async (t) => {
  const egress = testEgress(t, '127.0.0.1:1')

  assert.equal(await failureOf(egress.request(get('http://gone.test:1/'))), 'connection, not sent')
})

test('a connection in use keeps the address that was checked when the name changes, a new one does not', async (t) => {
  const { port, requests } = await testTarget(t, (_, response) => response.end())
  const inner = await forbidden(t, '127.0.0.2', port)
  let address = '127.0.0.1'
  const egress = testEgress(t, `127.0.0.1:${port}`, async () => [address])
  const url = `http://moving.test:${port}/`

  await egress.request(get(url))
  // undici gives a connection back one turn after its answer.
  await setImmediate()
  address = '127.0.0.2'
  await egress.request(get(url))
  await setImmediate()
  const reused = requests.length
  const beside = await Promise.all([egress.request(get(url)), failureOf(egress.request(get(url)))])

  assert.equal(reused, 2)
  assert.equal(beside[1], 'address, not sent')
  assert.equal(inner.connections(), 0)
})

test('an IPv6 address is called by its bracketed name, at the opened port alone', async (t) => {
  const server = createServer((request, response) => response.end(request.headers.host))
  const port = await listening(server, '::1')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const egress = testEgress(t, `[::1]:${port}`)
  const answer = await egress.request(get(`http://[0:0::0001]:${port}/`))

  assert.equal(answer.body.toString(), `[::1]:${port}`)
  for (const host of [`[::1]:${port + 1}`, `127.0.0.1:${port}`, `[::ffff:7f00:1]:${port}`, '[::1]', `[::]:${port}`])
    assert.equal(await failureOf(egress.request(get(`http://${host}/`))), 'address, not sent', host)
})

test('over TLS the target sees the name, and its certificate must be of that name', async (t) => {
  const names = [A_TEST, { type: 7, ip: '127.0.0.1' } as const]
  const port = await tlsTarget(t, names, (request, response) =>
    response.end(JSON.stringify({ sni: (request.socket as TLSSocket).servername, host: request.headers.host })),
  )
  const egress = testEgress(t, `127.0.0.1:${port}`)
  const seen = async (host: string) =>
    JSON.parse((await egress.request(get(`https://${host}:${port}/`))).body.toString())

  assert.deepEqual(await seen('a.test'), { sni: 'a.test', host: `a.test:${port}` })
  assert.deepEqual(await seen('A.TEST.'), { sni: 'a.test', host: `a.test.:${port}` })
  assert.deepEqual(await seen('127.0.0.1'), { sni: false, host: `127.0.0.1:${port}` })
  for (let tries = 0; tries < 3; tries++)
    assert.equal(await failureOf(egress.request(get(`https://b.test:${port}/`))), 'connection, not sent')
})

test('a certificate that nobody trusts is refused', async (t) => {
  const port = await tlsTarget(t, [A_TEST], (_, response) => response.end())
  const egress = testEgress(t, `127.0.0.1:${port}`)
  setDefaultCACertificates([])

  assert.equal(await failureOf(egress.request(get(`https://a.test:${port}/`))), 'connection, not sent')
})

test('a target that takes a connection and never shakes hands is given up in time', async (t) => {
  const { port, egress } = await rawTarget(t, () => {})

  assert.equal(
    await failureOf(egress.request(get(`https://silent.test:${port}/`, { timeoutMs: 200 }))),
    'timeout, not sent',
  )
})

test('a name server that never answers is given up in time', async (t) => {
  const nameServer = await testNameServer(t, () => 'silence')
  const egress = testEgress(t, '', resolverOf([nameServer.address]))

  assert.equal(await failureOf(egress.request(get('http://silent.test/', { timeoutMs: 200 }))), 'timeout, not sent')
  while (nameServer.questions.length < 2) await setImmediate()
})

test('the dispatcher connects under the same rules', async (t) => {
  const { port, egress } = await testTarget(t, (_, response) => response.end('streamed'))
  const answer = await egress.dispatcher.request({ origin: `http://a.test:${port}`, path: '/', method: 'GET' })

  assert.equal(await answer.body.text(), 'streamed')
  for (const origin of [
    'http://10.0.0.1',
    `http://127.0.0.2:${port}`,
    'http://[::1]',
    'http://0x7f.1',
    'http://localhost.',
  ])
    await assert.rejects(egress.dispatcher.request({ origin, path: '/', method: 'GET' }), { kind: 'address' }, origin)
})

test('what is idle is closed, and origins that are gone take no room', async (t) => {
  const { port, egress } = await testTarget(t, (_, response) => {
    // Less undici's margin of two seconds.
    response.setHeader('keep-alive', 'timeout=3').end()
  })
  const { dispatcher } = egress
  const origins = Array.from({ length: 40 }, (_, index) => `http://a${index}.test:${port}`)
  const closed = new Promise<void>((done) => {
    let open = origins.length
    dispatcher.on('disconnect', () => {
      open -= 1
      if (open === 0) done()
    })
  })
  await Promise.all(
    origins.map(async (origin) => (await dispatcher.request({ origin, path: '/', method: 'GET' })).body.dump()),
  )
  const inner = Array.from({ length: 40 }, (_, index) => `http://10.0.0.${index}`)
  await Promise.allSettled(inner.map((origin) => dispatcher.request({ origin, path: '/', method: 'GET' })))
  await closed

  assert.deepEqual((dispatcher as Agent).stats, {})
})
