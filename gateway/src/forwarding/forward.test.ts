import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { test } from 'node:test'
import { eventually } from '@munjigi/testing/eventually'
import { problemTypeOf, type Running, runGateway, until } from '../gateway.fixture.ts'
import { RawClient, raw } from '../raw-client.fixture.ts'

const HOST = 'Host: gateway.example\r\n'
const open = (rest = '') => `GET /api/meal/open HTTP/1.1\r\n${HOST}${rest}\r\n`
const refusalOf = async (response: Response) => `${response.status} ${await problemTypeOf(response)}`
const inFlight = async (gateway: Running) =>
  Number(/gateway_requests_in_flight{service="meal"} (\d+)/.exec(await gateway.metrics())?.[1] ?? 0)

/** A service that sees connections, not requests. */
async function connections(t: { after(fn: () => void): void }, take: (socket: Socket, nth: number) => void) {
  let count = 0
  const server = createServer((socket) => {
    socket.on('error', () => {})
    const nth = ++count
    socket.once('data', () => take(socket, nth))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, count: () => count }
}

test('a service that cannot be reached is 502, one that is silent 504', async (t) => {
  const nobody = await connections(t, () => {})
  const dead = await runGateway(t, { mealUrl: 'http://127.0.0.1:1' })
  const silent = await runGateway(t, { mealUrl: nobody.url, settings: '    timeout: 200ms' })

  assert.equal(await refusalOf(await fetch(`${dead.url}/api/meal/open`)), '502 /problems/upstream-unreachable')
  assert.equal(await refusalOf(await fetch(`${silent.url}/api/meal/open`)), '504 /problems/upstream-timeout')
  assert.match(await dead.metrics(), /gateway_upstream_failures_total{service="meal",kind="unreachable"} 1/)
})

test('a request without a body is tried once more where the connection failed, and only once', async (t) => {
  const once = await connections(t, (socket, nth) =>
    nth === 1 ? socket.destroy() : socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'),
  )
  const never = await connections(t, (socket) => socket.destroy())
  const healing = await runGateway(t, { mealUrl: once.url })
  const broken = await runGateway(t, { mealUrl: never.url })

  assert.equal(await (await fetch(`${healing.url}/api/meal/open`)).text(), 'ok')
  assert.equal(await refusalOf(await fetch(`${broken.url}/api/meal/open`)), '502 /problems/upstream-failed')
  assert.equal(never.count(), 2)
})

test('what has an effect or a body is never tried twice', async (t) => {
  const service = await connections(t, (socket) => socket.destroy())
  const { url } = await runGateway(t, { mealUrl: service.url })

  await fetch(`${url}/api/meal/open`, { method: 'POST' })
  await fetch(`${url}/api/meal/open`, { method: 'PUT', body: 'x' })

  assert.equal(service.count(), 2)
})

test('an answer that has begun is not tried again', async (t) => {
  const service = await connections(t, (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-'))
  const { url } = await runGateway(t, { mealUrl: service.url })

  assert.equal(await refusalOf(await fetch(`${url}/api/meal/open`)), '502 /problems/upstream-failed')
  assert.equal(service.count(), 1)
})

test('a body over the limit is 413 in both framings, and a large one within it arrives whole', async (t) => {
  const { url, port, seen } = await runGateway(t, { settings: '    max_body: 300KB' })
  const large = 'x'.repeat(300 * 1024)

  const announced = await fetch(`${url}/api/meal/open`, { method: 'POST', body: `${large}x` })
  const chunked = await raw(
    port,
    `POST /api/meal/open HTTP/1.1\r\n${HOST}Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n` +
      `${`10000\r\n${'x'.repeat(0x10000)}\r\n`.repeat(5)}0\r\n\r\n`,
  )
  const within = await fetch(`${url}/api/meal/open`, { method: 'POST', body: large })

  assert.equal(await refusalOf(announced), '413 /problems/body-too-large')
  assert.equal(chunked.refusal, '413 body-too-large')
  assert.equal(within.status, 200)
  assert.deepEqual(
    seen.map(({ body }) => body.length),
    [large.length],
  )
})

test('who is refused with more to send than is read away is told that the connection ends, and who has less is not', async (t) => {
  const { port } = await runGateway(t, { settings: '    max_body: 200KB' })
  const refused = (kilobytes: number) => {
    const length = kilobytes * 1024
    const client = new RawClient(port)
    client.send(`POST /api/meal/open HTTP/1.1\r\n${HOST}Content-Length: ${length}\r\n\r\n`)
    return { client, body: 'x'.repeat(length) }
  }
  const large = refused(2048)
  await large.client.seen('/problems/body-too-large')
  const small = refused(201)
  await small.client.seen('/problems/body-too-large')
  small.client.send(`${small.body}GET /api/meal/open HTTP/1.1\r\n${HOST}\r\n`)
  large.client.send(large.body)

  assert.match(large.client.text, /connection: close\r\n/i)
  assert.doesNotMatch(small.client.text, /connection: close/i)
  await Promise.all([large.client.closed(), small.client.seen('HTTP/1.1 200 OK')])
})

test('more requests at once than the service takes are 503 at once, with Retry-After', async (t) => {
  const waiting: ServerResponse[] = []
  const gateway = await runGateway(t, {
    settings: '    max_in_flight: 1',
    meal: (_request, response) => void waiting.push(response),
  })
  const first = fetch(`${gateway.url}/api/meal/open`)
  await until(() => waiting.length === 1)

  const second = await fetch(`${gateway.url}/api/meal/open`)
  waiting[0]?.end('done')

  assert.equal(second.headers.get('retry-after'), '1')
  assert.equal(await refusalOf(second), '503 /problems/service-busy')
  assert.equal(await (await first).text(), 'done')
  assert.equal(await inFlight(gateway), 0)
})

test('events reach the caller one by one, the headers even before the first', async (t) => {
  let answer: ServerResponse | undefined
  const { port } = await runGateway(t, {
    settings: '    timeout: 200ms',
    meal: (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders()
      answer = response
    },
  })
  // The limit is for the time before the headers too, and a machine that stands still may exceed it.
  const client = await eventually(async () => {
    const asked = await new RawClient(port).send(open()).seen('\r\n\r\n')
    assert.match(asked.text, /text\/event-stream/)
    return asked
  })

  answer?.write('data: one\n\n')
  await client.seen('data: one')
  // Longer than the service's time-out: silence belongs to event streams.
  await new Promise((resolve) => setTimeout(resolve, 500))
  answer?.write('data: two\n\n')

  await client.seen('data: two')
  client.socket.destroy()
})

test('a service that falls silent in the middle of an answer is given up', async (t) => {
  const { url } = await runGateway(t, {
    settings: '    timeout: 200ms',
    meal: (_request, response) => void response.writeHead(200, { 'content-length': '100' }).write('beginning'),
  })

  const begun = await eventually(async () => {
    const answer = await fetch(`${url}/api/meal/open`)
    assert.equal(answer.status, 200)
    return answer
  })
  await assert.rejects(begun.text())
})

test('100-continue is answered to those who may go on, and to nobody else', async (t) => {
  const { port, seen, bearer } = await runGateway(t)
  const head = (authorization: string) =>
    `POST /api/meal/v1/a HTTP/1.1\r\n${HOST}${authorization}Expect: 100-continue\r\nContent-Length: 4\r\nConnection: close\r\n\r\n`

  const allowed = await new RawClient(port).send(head(`Authorization: ${bearer()}\r\n`)).seen('100 Continue')
  await allowed.send('body').closed()
  const refused = await new RawClient(port).send(head('')).seen('token-missing')
  refused.socket.destroy()

  assert.match(allowed.text, /HTTP\/1\.1 200 OK/)
  assert.ok(!refused.text.includes('100 Continue'))
  assert.equal(seen[0]?.body, 'body')
  assert.ok(!seen[0]?.rawHeaders.some(([name]) => name.toLowerCase() === 'expect'))
})

test('a service hears that the caller has left, before the answer and in the middle of it', async (t) => {
  const gone: string[] = []
  const gateway = await runGateway(t, {
    meal: (request, response) => {
      response.on('close', () => gone.push(request.url ?? ''))
      if (request.url?.includes('late')) return
      response.writeHead(200)
      const pour = () => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536))) {}
        response.once('drain', pour)
      }
      pour()
    },
  })
  const early = new RawClient(gateway.port).send(`GET /api/meal/open/late HTTP/1.1\r\n${HOST}\r\n`)
  await until(async () => (await inFlight(gateway)) === 1)
  early.socket.destroy()
  await until(() => gone.length === 1)
  const middle = await new RawClient(gateway.port).send(open()).seen('200 OK')
  middle.socket.pause()
  middle.socket.destroy()

  await until(() => gone.length === 2)
  await until(async () => (await inFlight(gateway)) === 0)
  assert.deepEqual(gone, ['/api/meal/open/late', '/api/meal/open'])
})

test('callers who leave with several requests in a row leave nothing behind', async (t) => {
  const open: ServerResponse[] = []
  const gateway = await runGateway(t, {
    meal: (_request, response) => {
      open.push(response)
      response.writeHead(200)
      response.write(Buffer.alloc(1_000_000))
    },
  })
  const client = new RawClient(gateway.port).send(`GET /api/meal/open HTTP/1.1\r\n${HOST}\r\n`.repeat(5))
  await until(() => open.length === 5)
  client.socket.destroy()

  await until(async () => (await inFlight(gateway)) === 0)
  assert.equal(gateway.lines.length, 5)
})

test('after many callers left in the middle of large answers, the service is as reachable as before', async (t) => {
  const gateway = await runGateway(t, {
    settings: '    max_in_flight: 64',
    meal: (request, response) => {
      response.on('error', () => {})
      response.end(request.url?.includes('large') ? Buffer.alloc(4_000_000) : 'ok')
    },
  })
  for (let round = 0; round < 3; round++) {
    const clients = Array.from({ length: 60 }, () =>
      new RawClient(gateway.port).send(`GET /api/meal/open/large HTTP/1.1\r\n${HOST}\r\n`),
    )
    await Promise.all(clients.map((client) => client.seen('200 OK')))
    for (const client of clients) client.socket.destroy()
    await until(async () => (await inFlight(gateway)) === 0)
  }

  const answers = await Promise.all(Array.from({ length: 60 }, () => fetch(`${gateway.url}/api/meal/open`)))

  assert.ok(answers.every(({ status }) => status === 200))
})

test('a slow reader slows the service down and fills no memory', async (t) => {
  let written = 0
  const gateway = await runGateway(t, {
    meal: (_request, response) => {
      response.on('error', () => {})
      const pour = () => {
        do written += 65_536
        while (response.write(Buffer.alloc(65_536)))
        response.once('drain', pour)
      }
      pour()
    },
  })
  const client = new RawClient(gateway.port)
  client.socket.pause()
  client.send(open())
  let before = -1
  await until(async () => {
    const isStill = written === before && written > 0
    before = written
    await new Promise((resolve) => setTimeout(resolve, 200))
    return isStill
  })
  client.socket.destroy()

  assert.ok(written < 32 * 1024 * 1024, `${written} bytes went into a caller who reads nothing`)
})

test('what an answer says of its hop, of other origins and of its software ends at the gateway', async (t) => {
  const { port } = await runGateway(t, {
    meal: (_request, response) => {
      response.writeHead(200, [
        ...['Connection', 'X-Hop', 'X-Hop', '1', 'Keep-Alive', 'timeout=9', 'Server', 'x', 'X-Powered-By', 'y'],
        ...['Via', '1.1 inner-host', 'X-Served-By', 'inner-host', 'X-AspNet-Version', '4'],
        ...['Access-Control-Allow-Origin', '*', 'X-Request-Id', 'theirs', 'Trailer', 'X-T'],
        ...['Set-Cookie', 'a=1', 'Set-Cookie', 'b=2', 'ETag', '"z"'],
      ])
      response.end('ok')
    },
  })
  const { text } = await raw(port, open('X-Request-Id: mine\r\nConnection: close\r\n'))

  for (const gone of [
    /x-hop/i,
    /server:/i,
    /powered/i,
    /inner-host/,
    /aspnet/i,
    /access-control/i,
    /theirs/,
    /trailer/i,
  ])
    assert.doesNotMatch(text, gone)
  assert.match(text, /set-cookie: a=1\r\nset-cookie: b=2/i)
  assert.match(text, /etag: "z"/i)
  assert.match(text, /x-request-id: mine/i)
})

test('answers that have no body stay without one', async (t) => {
  const { port } = await runGateway(t, {
    meal: (request, response) => {
      if (request.method === 'HEAD') response.setHeader('content-length', '5')
      response.writeHead(request.method === 'HEAD' ? 200 : 304).end()
    },
  })
  const head = await raw(port, `HEAD /api/meal/open HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`)
  const unchanged = await raw(port, open('Connection: close\r\n'))

  assert.match(head.text, /200 OK[\s\S]*content-length: 5[\s\S]*\r\n\r\n$/i)
  assert.match(unchanged.text, /^HTTP\/1\.1 304[\s\S]*\r\n\r\n$/)
})

test('paths go on byte for byte, and those of older clients under /api/proxy as if under /api', async (t) => {
  const { url, seen } = await runGateway(t)

  await fetch(`${url}/api/meal/open/%ED%95%9C%20a:b;c=d?q=%2F&token=t`)
  await fetch(`${url}/api/proxy/meal/open`)

  assert.deepEqual(
    seen.map((request) => request.url),
    ['/api/meal/open/%ED%95%9C%20a:b;c=d?q=%2F&token=t', '/api/meal/open'],
  )
})

test('the line of a request names its rule, never its path, query or token', async (t) => {
  const gateway = await runGateway(t)
  const token = gateway.token()

  await fetch(`${gateway.url}/api/meal/public/secret-in-path?token=secret-in-query`, {
    headers: { authorization: `Bearer ${token}`, 'x-request-id': 'mine' },
  })
  await fetch(`${gateway.url}/api/nowhere/secret-in-path`)

  const [first, second] = gateway.lines.map((line) => JSON.parse(line))
  const { time, ms, ...facts } = first
  assert.ok(Date.now() - time < 60_000 && ms > 0)
  assert.deepEqual(facts, {
    level: 30,
    name: 'gateway',
    method: 'GET',
    module: 'meal',
    route: '/meal/public',
    status: 200,
    subject: 'lee',
    client: '127.0.0.1',
    request_id: 'mine',
    msg: 'request',
  })
  assert.equal(second.status, 404)
  for (const line of gateway.lines) assert.ok(!/secret|eyJ/.test(line))
})

test('behind a trusted proxy the line names the caller, elsewhere whoever connected', async (t) => {
  const trusting = await runGateway(t, { file: 'trusted_proxies: [127.0.0.0/8, 10.0.0.0/8]' })
  const doubting = await runGateway(t)
  const chain = 'X-Forwarded-For: 198.51.100.7, 203.0.113.9, 10.0.0.4\r\nConnection: close\r\n'
  const clientOf = async (gateway: Running) => {
    await raw(gateway.port, open(chain))
    return JSON.parse(gateway.lines[0] as string).client
  }

  assert.equal(await clientOf(trusting), '203.0.113.9')
  assert.equal(await clientOf(doubting), '127.0.0.1')
})

const SPELLINGS = [
  ['::FFFF:203.0.113.9', '203.0.113.9'],
  ['::ffff:cb00:7109', '203.0.113.9'],
  ['203.0.113.9:50123', '203.0.113.9'],
  ['[2001:DB8:0:7::1]:50123', '2001:db8:0:7::1'],
  ['2001:0db8:0000:0007:0:0:0:1', '2001:db8:0:7::1'],
  ['203.0.113.9, [::ffff:10.0.0.4]:443', '203.0.113.9'],
  ['203.0.113.9, unknown', '127.0.0.1'],
  ['203.0.113.09', '127.0.0.1'],
] as const

test('an address that a trusted proxy names has one spelling, or limits would count each of its spellings apart', async (t) => {
  const gateway = await runGateway(t, { file: 'trusted_proxies: [127.0.0.0/8, 10.0.0.0/8]' })
  for (const [given] of SPELLINGS) await raw(gateway.port, open(`X-Forwarded-For: ${given}\r\nConnection: close\r\n`))

  assert.deepEqual(
    gateway.lines.map((line) => JSON.parse(line).client),
    SPELLINGS.map(([, said]) => said),
  )
  assert.deepEqual(
    gateway.seen.map(({ rawHeaders }) => rawHeaders.find(([name]) => name === 'x-real-ip')?.[1]),
    SPELLINGS.map(([, said]) => said),
  )
})

test('an id or a trace that is not well-formed is replaced, a good one goes on', async (t) => {
  const { port, seen } = await runGateway(t)
  const trace = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
  const headerOf = (nth: number, name: string) => seen[nth]?.rawHeaders.find(([each]) => each === name)?.[1]

  await raw(port, open(`X-Request-Id: mine\r\ntraceparent: ${trace}\r\nConnection: close\r\n`))
  await raw(port, open(`X-Request-Id: ${'a'.repeat(10_000)}\r\ntraceparent: 00-0-0-0\r\nConnection: close\r\n`))

  assert.equal(headerOf(0, 'x-request-id'), 'mine')
  assert.equal(headerOf(0, 'traceparent'), trace)
  assert.match(headerOf(1, 'x-request-id') ?? '', /^[0-9a-f-]{36}$/)
  assert.match(headerOf(1, 'traceparent') ?? '', /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/)
})

test('a gateway that is stopped finishes what it has begun', async (t) => {
  const waiting: ServerResponse[] = []
  const gateway = await runGateway(t, { meal: (_request, response) => void waiting.push(response) })
  const answer = fetch(`${gateway.url}/api/meal/open`)
  await until(() => waiting.length === 1)

  const closed = gateway.close()
  waiting[0]?.end('finished')

  assert.equal(await (await answer).text(), 'finished')
  await closed
})

test('an upload reaches the service while it is still going on', async (t) => {
  const arrived: string[] = []
  const gateway = await runGateway(t, {
    meal: (request: IncomingMessage, response) => {
      request.on('data', (chunk) => arrived.push(String(chunk)))
      request.on('end', () => response.end('ok'))
    },
  })
  const request = httpRequest({ port: gateway.port, path: '/api/meal/open', method: 'POST' })
  request.write('one')
  await until(() => arrived.length === 1)
  request.end('two')

  const [response] = (await once(request, 'response')) as [IncomingMessage]
  response.resume()
  assert.equal(response.statusCode, 200)
  assert.deepEqual(arrived, ['one', 'two'])
})

test('a service hears that the caller left in the middle of an upload', async (t) => {
  const events: string[] = []
  const gateway = await runGateway(t, {
    meal: (request) => {
      request.once('data', () => events.push('begun'))
      request.once('error', () => events.push('broken off'))
    },
  })
  const head = `POST /api/meal/open HTTP/1.1\r\n${HOST}Content-Length: 1000000\r\n\r\n`
  const client = new RawClient(gateway.port).send(`${head}${'x'.repeat(100_000)}`)
  await until(() => events.includes('begun'))
  client.socket.destroy()

  await until(() => events.includes('broken off'))
  assert.equal(await inFlight(gateway), 0)
})

test('a service may refuse an upload before it has come whole', async (t) => {
  const { port } = await runGateway(t, {
    meal: (_request, response) => void response.writeHead(403, { connection: 'close' }).end('no'),
  })
  const head = `POST /api/meal/open HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n`
  const client = await new RawClient(port).send(`${head}5\r\nbegin\r\n`).seen('no')
  client.socket.destroy()

  assert.equal(client.status, 403)
})
