import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { RequestListener } from 'node:http'
import { createServer, type Server } from 'node:net'
import { after, before, beforeEach, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { testUpstream, type Upstream } from '@munjigi/testing/upstream'
import { contextOf, testProxy } from './proxy.fixture.ts'

const SECRET = 'hunter2-hunter2'
let listener: RequestListener
let target: Upstream
let proxy: Awaited<ReturnType<typeof testProxy>>

const answerWith = (given: RequestListener) => {
  listener = given
}

before(async () => {
  target = await testUpstream((request, response) => listener(request, response))
  proxy = await testProxy(contextOf({ origins: [target.url] }))
})
beforeEach(() => {
  proxy.state.context = contextOf({
    origins: [target.url],
    injections: [{ target: 'header', key: 'X-Api-Key', value: SECRET }],
  })
  proxy.state.kept.length = 0
})
after(() => Promise.all([proxy.close(), target.close()]))

/** A target that answers with these bytes, whatever it is asked; it holds up no process. */
async function rawTarget(answer: string): Promise<{ url: string; server: Server }> {
  const server = createServer((socket) => socket.on('error', () => {}).once('data', () => socket.end(answer, 'latin1')))
  server.listen(0, '127.0.0.1').unref()
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  return { url: `http://127.0.0.1:${port}`, server }
}

test('status, headers and body come back as the target gave them', async () => {
  answerWith((_request, response) =>
    response
      .writeHead(418, { 'content-type': 'image/png', etag: '"1"', link: ['<a>', '<b>'] })
      .end(Buffer.from([0, 255, 1])),
  )
  const answer = await proxy.fetch('/x')

  assert.equal(answer.status, 418)
  assert.equal(answer.headers.get('etag'), '"1"')
  assert.equal(answer.headers.get('link'), '<a>, <b>')
  assert.equal(answer.headers.get('content-length'), null)
  assert.deepEqual(Buffer.from(await answer.arrayBuffer()), Buffer.from([0, 255, 1]))
})

test('what a browser, or a proxy before us, would obey on our origin ends here, and ours is added', async () => {
  const dropped = {
    'set-cookie': 'sid=1',
    'clear-site-data': '"*"',
    'strict-transport-security': 'max-age=1',
    'alt-svc': 'h3=":443"',
    'access-control-allow-origin': '*',
    'access-control-allow-credentials': 'true',
    nel: '{}',
    'report-to': '{}',
    refresh: '0;url=https://evil.example',
    'service-worker-allowed': '/',
    'www-authenticate': 'Basic',
    'proxy-authenticate': 'Basic',
    'x-accel-redirect': '/internal',
    'x-sendfile': '/etc/passwd',
    'accept-ch': 'sec-ch-ua',
    connection: 'keep-alive, x-listed',
    'x-listed': '1',
    'cache-control': 'public, max-age=60',
    'content-security-policy': 'default-src *',
    'x-content-type-options': 'none',
  }
  answerWith((_request, response) => response.writeHead(200, dropped).end('ok'))
  const answer = await proxy.fetch('/x')

  const ours: Record<string, string> = {
    'cache-control': 'no-store',
    'content-security-policy': 'sandbox',
    'x-content-type-options': 'nosniff',
    connection: 'keep-alive',
  }
  for (const name of Object.keys(dropped)) assert.equal(answer.headers.get(name), ours[name] ?? null, name)
  assert.match(answer.headers.get('x-request-id') ?? '', /^[\w-]{36}$/)
})

test("the target's cookies are kept and not passed on", async () => {
  answerWith((_request, response) => response.writeHead(200, { 'set-cookie': ['a=1; Path=/', 'b=2'] }).end('ok'))
  const answer = await proxy.fetch('/x?y=1')

  assert.equal(await answer.text(), 'ok')
  assert.deepEqual(answer.headers.getSetCookie(), [])
  assert.deepEqual(proxy.state.kept, [{ url: `${target.url}/x?y=1`, setCookies: ['a=1; Path=/', 'b=2'] }])
})

test('cookies are kept before the agent sees the answer, with a body or without, and a store that fails hinders nothing', async () => {
  const { keepCookies } = proxy.contexts
  const held = Promise.withResolvers<void>()
  proxy.contexts.keepCookies = () => held.promise
  answerWith((_request, response) => response.writeHead(200, { 'set-cookie': 'a=1' }).end('x'.repeat(100_000)))
  let hasAnswered = false
  const answers = Promise.all([proxy.fetch('/x'), proxy.fetch('/x', { method: 'HEAD' })]).finally(() => {
    hasAnswered = true
  })
  while (target.requests.length < 2) await new Promise(setImmediate)
  await fetch(`http://127.0.0.1:${proxy.port}/healthz`)
  assert.equal(hasAnswered, false)
  held.reject(new Error('the store is gone'))

  const [whole, head] = await answers
  assert.equal((await whole?.text())?.length, 100_000)
  assert.equal(head?.status, 200)
  proxy.contexts.keepCookies = keepCookies
})

test('a redirect is not followed: within the origin it leads through the proxy again, elsewhere it stays', async () => {
  const cases = {
    '/next?a=1#b': proxy.pathOf('/next?a=1#b'),
    sibling: proxy.pathOf('/sibling'),
    [`${target.url}/next`]: proxy.pathOf('/next'),
    'https://elsewhere.example/next': 'https://elsewhere.example/next',
    '//elsewhere.example/next': '//elsewhere.example/next',
    'http://[': 'http://[',
  }
  for (const [location, expected] of Object.entries(cases)) {
    answerWith((_request, response) => response.writeHead(302, { location }).end())
    const answer = await proxy.fetch('/x')
    assert.deepEqual([answer.status, answer.headers.get('location')], [302, expected])
  }
})

test('HEAD, 204, 304 and parts of a file are answered as they are', async () => {
  answerWith((_request, response) => response.writeHead(200, { 'content-length': '12345' }).end())
  assert.equal((await proxy.fetch('/x', { method: 'HEAD' })).headers.get('content-length'), '12345')
  answerWith((_request, response) => response.writeHead(204).end())
  assert.equal((await proxy.fetch('/x')).status, 204)
  answerWith((_request, response) => response.writeHead(304, { etag: '"1"' }).end())
  assert.equal((await proxy.fetch('/x', { headers: { 'if-none-match': '"1"' } })).status, 304)
  answerWith((request, response) => {
    const head = { 'content-range': 'bytes 0-3/10', 'content-length': '4', 'x-range': String(request.headers.range) }
    response.writeHead(206, head).end('abcd')
  })
  const part = await proxy.fetch('/x', { headers: { range: 'bytes=0-3' } })
  assert.deepEqual([part.status, part.headers.get('x-range'), await part.text()], [206, 'bytes=0-3', 'abcd'])
  assert.equal(part.headers.get('content-length'), '4')
})

test('a secret that the target reflects is hidden in headers and in text, whose length stays', async () => {
  const basic = Buffer.from(`u:${SECRET}`).toString('base64')
  answerWith((request, response) => {
    const body = JSON.stringify({ headers: request.headers, basic })
    const head = { 'content-type': 'application/vnd.api+json', 'x-echo': `key ${SECRET}`, location: `/?k=${SECRET}` }
    response.writeHead(200, { ...head, 'content-length': body.length }).end(body)
  })
  const answer = await proxy.raw(`GET ${proxy.pathOf('/x')} HTTP/1.1`)

  assert.match(answer, /x-echo: key \*{15}/)
  assert.match(answer, /"x-api-key":"\*{15}"/)
  assert.doesNotMatch(answer, /hunter2|aHVudGVy/)
  const [head = '', body = ''] = answer.split('\r\n\r\n')
  assert.equal(Number(/content-length: (\d+)/.exec(head)?.[1]), body.length)
})

test('what is no text, or is compressed though nobody asked, goes on as it is', async () => {
  const compressed = gzipSync(SECRET)
  answerWith((_request, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(compressed))
  assert.equal(await (await proxy.fetch('/x')).text(), SECRET)
  answerWith((_request, response) => response.writeHead(200, { 'content-type': 'image/png' }).end(SECRET))
  assert.equal(await (await proxy.fetch('/x')).text(), SECRET)
})

test('a secret is hidden in text of every type, in whatever way its headers are written', async () => {
  const spelled: Record<string, string | string[]>[] = [
    { 'content-type': 'image/svg+xml' },
    { 'content-type': 'multipart/byteranges; boundary=b' },
    { 'content-type': ['text/plain', 'image/png'] },
    { 'content-type': 'text/plain', 'content-encoding': '' },
    { 'content-type': 'text/plain', 'content-encoding': ['Identity', 'identity'] },
  ]
  for (const headers of spelled) {
    answerWith((_request, response) => response.writeHead(200, headers).end(`a ${SECRET} b`))
    const answer = await proxy.fetch('/x')
    assert.deepEqual([answer.status, await answer.text()], [200, `a ${'*'.repeat(SECRET.length)} b`])
  }
})

test('an event stream is live, also where an event ends like the beginning of a secret', async () => {
  const next = Promise.withResolvers<void>()
  answerWith(async (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write('data: one\n\n')
    await next.promise
    response.end(`data: ${SECRET.slice(0, 7)}`)
  })
  const answer = await proxy.fetch('/x')
  const reader = answer.body?.getReader()

  assert.equal(Buffer.from((await reader?.read())?.value ?? []).toString(), 'data: one\n\n')
  next.resolve()
  const rest: string[] = []
  for (let part = await reader?.read(); part?.value; part = await reader?.read())
    rest.push(Buffer.from(part.value).toString())
  assert.equal(rest.join(''), 'data: hunter2')
})

test('early hints and trailers of the target end here', async () => {
  const { url, server } = await rawTarget(
    'HTTP/1.1 103 Early Hints\r\nlink: <x>\r\n\r\nHTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ntrailer: x-sum\r\n\r\n3\r\nabc\r\n0\r\nx-sum: 1\r\n\r\n',
  )
  proxy.state.context = contextOf({ origins: [url] })
  const answer = await proxy.raw(`GET ${proxy.pathOf('/x')} HTTP/1.1`)

  assert.match(answer, /^HTTP\/1\.1 200 OK/)
  assert.match(answer, /3\r\nabc\r\n0\r\n\r\n$/)
  assert.doesNotMatch(answer, /x-sum|HTTP\/1\.1 103|<x>/)
  server.close()
})

test('an answer that is no plain answer is 502, in our words', async () => {
  const answers = [
    'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n',
    'HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n',
    'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
    'HTTP/1.1 200 OK\r\ncontent-length: 3\r\ncontent-length: 4\r\n\r\nabcd',
    `HTTP/1.1 200 OK\r\nx-large: ${'x'.repeat(70_000)}\r\n\r\n`,
    'SSH-2.0-OpenSSH_9.2\r\n',
    '',
  ]
  for (const text of answers) {
    const { url, server } = await rawTarget(text)
    proxy.state.context = contextOf({ origins: [url] })
    const answer = await proxy.fetch('/x')
    assert.equal(answer.status, 502, text.slice(0, 40))
    assert.match(
      await answer.text(),
      /^\{"type":"\/problems\/target-unavailable","title":"The outside service did not answer"/,
    )
    server.close()
  }
})

test('an answer that breaks off in the middle looks broken to the agent', async () => {
  const { url, server } = await rawTarget('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nabc')
  proxy.state.context = contextOf({ origins: [url] })
  const answer = await proxy.fetch('/x')

  assert.equal(answer.status, 200)
  await assert.rejects(answer.text())
  server.close()
})

test('a target that nobody may call, or that is not there, is a refusal without its address', async () => {
  const refused = [403, '/problems/target-refused']
  const cases: [string, unknown[]][] = [
    ['http://127.0.0.2:1', refused],
    ['http://169.254.169.254', refused],
    ['http://127.0.0.1:1', [502, '/problems/target-unavailable']],
  ]
  for (const [origin, expected] of cases) {
    proxy.state.context = contextOf({ origins: [origin] })
    const answer = await proxy.fetch('/x')
    const text = await answer.text()
    assert.deepEqual([answer.status, (JSON.parse(text) as { type: string }).type], expected, origin)
    assert.doesNotMatch(text, /127\.0|169\.254|ECONN|undici/)
  }
})
