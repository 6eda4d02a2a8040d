import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { headerOf, testUpstream, type Upstream } from '@munjigi/testing/upstream'
import { loginJar } from '../login/jar.ts'
import { contextOf, testProxy } from './proxy.fixture.ts'

let target: Upstream
let other: Upstream
let proxy: Awaited<ReturnType<typeof testProxy>>

const sent = () => target.requests.at(-1)
const typeOf = async (answer: Response) => [answer.status, ((await answer.json()) as { type: string }).type]

before(async () => {
  target = await testUpstream((request, response) => request.resume().on('end', () => response.end('{}')))
  other = await testUpstream((_request, response) => response.end('other'))
  proxy = await testProxy(contextOf({ origins: [target.url] }))
})
beforeEach(() => {
  proxy.state.context = contextOf({ origins: [target.url, other.url] })
  target.requests.length = 0
})
after(() => Promise.all([proxy.close(), target.close(), other.close()]))

test('method, path, query and body arrive as the agent sent them', async () => {
  const answer = await proxy.fetch('/a%20b//c?q=%2e%2e/&x', { method: 'PATCH', body: '{"a":1}' })

  assert.equal(answer.status, 200)
  const { method, url, body } = sent() ?? {}
  assert.deepEqual({ method, url, body }, { method: 'PATCH', url: '/a%20b//c?q=%2e%2e/&x', body: '{"a":1}' })
})

test("the target's root is reached", async () => {
  for (const [path, url] of [
    ['', '/'],
    ['/', '/'],
    ['?q=a/b', '/?q=a/b'],
    ['/?q=1', '/?q=1'],
    ['/a/', '/a/'],
  ] as const) {
    assert.equal((await proxy.fetch(path)).status, 200, path)
    assert.equal(sent()?.url, url)
  }
})

test('every method of HTTP is carried, but a tunnel and an echo', async () => {
  for (const method of [
    'GET',
    'HEAD',
    'POST',
    'PUT',
    'PATCH',
    'DELETE',
    'OPTIONS',
    'PROPFIND',
    'REPORT',
    'M-SEARCH',
    'PURGE',
  ]) {
    assert.match(await proxy.raw(`${method} ${proxy.pathOf('/x')} HTTP/1.1`), /^HTTP\/1\.1 200 /, method)
    assert.equal(sent()?.method, method)
  }
  const seen = target.requests.length
  assert.match(await proxy.raw(`TRACE ${proxy.pathOf('/x')} HTTP/1.1`), /^HTTP\/1\.1 404 /)
  assert.equal(target.requests.length, seen)
})

test("of the agent's headers only those of content go on, in whatever spelling the others come", async () => {
  const passed = [
    'accept',
    'accept-language',
    'content-type',
    'content-language',
    'range',
    'if-none-match',
    'user-agent',
  ]
  const answer = await proxy.raw(
    `POST ${proxy.pathOf('/x')} HTTP/1.1`,
    [
      ...passed.map((name) => `${name}: ${name === 'content-type' ? 'text/plain' : `given-${name}`}`),
      'Cookie: mine=1',
      'X-Api-Key: mine',
      'X_User_Sub: mine',
      'Traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
      'Baggage: mine=1',
      'X-Request-Id: mine',
      'X-Forwarded-For: 1.2.3.4',
      'Forwarded: for=1.2.3.4',
      'Proxy-Authorization: Basic mine',
      'Origin: https://mine.example',
      'Referer: https://mine.example/',
      'Accept-Encoding: gzip, br',
      'Expect: 100-continue',
      'TE: trailers',
      'Content_Length: 9',
      'transfer-encoding: chunked',
    ],
    '3\r\nabc\r\n0\r\nX-Api-Key: mine\r\n\r\n',
  )

  assert.match(answer, /HTTP\/1\.1 200 /)
  const names = sent()?.rawHeaders.map(([name]) => name.toLowerCase()) ?? []
  const expected = [...passed, 'accept-encoding', 'connection', 'host', 'transfer-encoding']
  assert.deepEqual(names.sort(), expected.sort())
  assert.equal(headerOf(sent(), 'accept-encoding'), 'identity')
  assert.equal(headerOf(sent(), 'host'), new URL(target.url).host)
  assert.deepEqual(sent()?.rawTrailers, [])
  assert.doesNotMatch(JSON.stringify(sent()), /mine/)
})

test('a type goes on without a body, too', async () => {
  for (const method of ['GET', 'POST']) {
    await proxy.fetch('/x', { method, headers: { 'content-type': 'application/json' } })
    assert.equal(headerOf(sent(), 'content-type'), 'application/json', method)
  }
})

test('what Connection lists ends at the proxy', async () => {
  await proxy.raw(`GET ${proxy.pathOf('/x')} HTTP/1.1`, ['If-Match: given', 'Connection: If-Match'])

  assert.equal(headerOf(sent(), 'if-match'), undefined)
})

test('headers, cookies and query values are injected, over what the agent sends', async () => {
  proxy.state.context = contextOf({
    origins: [target.url],
    injections: [
      { target: 'header', key: 'Authorization', value: 'Bearer token-1' },
      { target: 'header', key: 'User-Agent', value: 'ours/1' },
      { target: 'cookie', key: 'sid', value: 'cookie-1' },
      { target: 'query', key: 'api_key', value: 'key-1' },
    ],
  })
  await proxy.fetch('/x?API_KEY=mine&a=1', { headers: { 'user-agent': 'mine/1', cookie: 'sid=mine' } })

  const values = (name: string) =>
    sent()
      ?.rawHeaders.filter(([given]) => given.toLowerCase() === name)
      .map(([, value]) => value)
  assert.deepEqual(values('authorization'), ['Bearer token-1'])
  assert.deepEqual(values('user-agent'), ['ours/1'])
  assert.deepEqual(values('cookie'), ['sid=cookie-1'])
  assert.equal(sent()?.url, '/x?a=1&api_key=key-1')
})

test("the jar's cookies go to the hosts they came from, and an injected one goes before one of its name", async () => {
  const jar = loginJar(undefined, [target.url, other.url])
  jar.take(new URL(`${target.url}/`), ['sid=from-jar; Path=/', 'theme=dark; Path=/only', 'lang=ko'])
  proxy.state.context = contextOf({
    origins: [target.url],
    injections: [{ target: 'cookie', key: 'sid', value: 'injected' }],
    jar: jar.serialise() ?? '',
  })

  await proxy.fetch('/x')
  assert.equal(headerOf(sent(), 'cookie'), 'sid=injected; lang=ko')
  await proxy.fetch('/only/x')
  assert.equal(headerOf(sent(), 'cookie'), 'sid=injected; theme=dark; lang=ko')
})

test('a value goes into a JSON body beside what is there, whose numbers keep their digits', async () => {
  proxy.state.context = contextOf({
    origins: [target.url],
    injections: [
      { target: 'body', key: 'token', value: 'token-1', required: true },
      { target: 'body', key: '__proto__', value: 'p' },
    ],
  })
  const headers = { 'content-type': 'application/json; charset=utf-8' }
  await proxy.fetch('/x', { method: 'POST', headers, body: '{"token":"mine","id":12345678901234567890,"a":1.0}' })

  assert.equal(sent()?.body, '{"token":"token-1","id":12345678901234567890,"a":1.0,"__proto__":"p"}')
  assert.equal(headerOf(sent(), 'content-length'), String(sent()?.body.length))
})

test('a required value that there is no JSON object for is refused', async () => {
  proxy.state.context = contextOf({
    origins: [target.url],
    injections: [{ target: 'body', key: 'token', value: 'token-1', required: true }],
  })
  const post = (type: string, body: string, headers = {}) =>
    proxy.fetch('/x', { method: 'POST', headers: { 'content-type': type, ...headers }, body })

  assert.deepEqual(await typeOf(await proxy.fetch('/x')), [415, '/problems/json-body-needed'])
  assert.deepEqual(await typeOf(await post('text/plain', '{}')), [415, '/problems/json-body-needed'])
  const encoded = post('application/json', '{}', { 'content-encoding': 'gzip' })
  assert.deepEqual(await typeOf(await encoded), [415, '/problems/json-body-needed'])
  for (const body of ['[]', '1', '"x"', 'null', '12345678901234567890', '{', '{"a":1}}', '\ufeff{}'.slice(0, 1)])
    assert.deepEqual(await typeOf(await post('application/json', body)), [400, '/problems/json-object-needed'], body)
  const large = post('application/json', `{"a":"${'x'.repeat(1024 * 1024)}"}`)
  assert.deepEqual(await typeOf(await large), [413, '/problems/body-too-large'])
  assert.equal(target.requests.length, 0)
})

test('a value that is not required leaves other bodies as they are', async () => {
  proxy.state.context = contextOf({
    origins: [target.url],
    injections: [{ target: 'body', key: 'token', value: 'token-1' }],
  })
  await proxy.fetch('/x', { method: 'POST', headers: { 'content-type': 'text/csv' }, body: 'a,b' })

  assert.equal(sent()?.body, 'a,b')
})

test('another allowed origin is reached by naming it, and no other one', async () => {
  const answer = await proxy.fetch('/x', { headers: { 'x-target-origin': other.url } })
  assert.equal(await answer.text(), 'other')
  assert.equal(headerOf(other.requests.at(-1), 'x-target-origin'), undefined)

  const refused = await proxy.fetch('/x', { headers: { 'x-target-origin': `${target.url}.evil.example` } })
  assert.deepEqual(await typeOf(refused), [403, '/problems/origin-not-allowed'])
  const twice = [target.url, other.url].map((origin) => `x-target-origin: ${origin}`)
  assert.match(await proxy.raw(`GET ${proxy.pathOf('/x')} HTTP/1.1`, twice), /origin-not-allowed/)
})

test('a path that could be read as another origin or another path is refused before anything is sent', async () => {
  for (const path of ['//evil.example/x', '/../../auth-profiles', '/%2e%2e/x', '/a\\b', '/..%2f', '/a%00'])
    assert.match(await proxy.raw(`GET ${proxy.pathOf(path)} HTTP/1.1`), /^HTTP\/1\.1 40[04] /, path)
  assert.equal(target.requests.length, 0)
})

test('a WebSocket is refused, and an offer of HTTP/2 is passed over', async () => {
  const upgrade = [
    'connection: upgrade',
    'upgrade: websocket',
    'sec-websocket-version: 13',
    'sec-websocket-key: x3JJHMbDL1EzLkh9GBhXDw==',
  ]
  assert.match(await proxy.raw(`GET ${proxy.pathOf('/x')} HTTP/1.1`, upgrade), /upgrade-refused/)
  assert.match(await proxy.raw(`GET ${proxy.pathOf('/x')} HTTP/1.1`, ['upgrade: h2c']), /HTTP\/1\.1 200 /)
  assert.equal(headerOf(sent(), 'upgrade'), undefined)
})

test('nobody gets through without a token, nor to a service whose id is none', async () => {
  const none = await fetch(`http://127.0.0.1:${proxy.port}${proxy.pathOf('/x')}`)
  assert.deepEqual(await typeOf(none), [401, '/problems/token-missing'])
  const path = proxy.pathOf('/x').replace('demo', 'de%20mo')
  assert.match(await proxy.raw(`GET ${path} HTTP/1.1`), /^HTTP\/1\.1 400 /)
})

test('the refusal of a login that cannot be had is the answer', async () => {
  const { profileNotFound } = await import('../problems.ts')
  const { find } = proxy.contexts
  proxy.contexts.find = () => Promise.reject(profileNotFound())

  assert.deepEqual(await typeOf(await proxy.fetch('/x')), [404, '/problems/auth-profile-not-found'])
  proxy.contexts.find = find
})

test('the routes work without a socket, too', async () => {
  const answer = await proxy.app.inject({
    method: 'POST',
    url: proxy.pathOf('/x?y'),
    headers: proxy.credentials,
    payload: { a: 1 },
  })

  assert.deepEqual([answer.statusCode, answer.body, sent()?.body], [200, '{}', '{"a":1}'])
})
