import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { headerOf } from '@munjigi/testing/upstream'
import { failureOf, get, rawTarget, testTarget } from './egress.fixture.ts'

const SECRETS = {
  accept: 'application/json',
  'accept-language': 'ko',
  'user-agent': 'station',
  'x-api-key': 'k3y',
  authorization: 'Bearer t0ken',
  cookie: 'sid=s3cret',
  'content-type': 'application/json',
}

/** Answers `/<status>?<target>` with that redirect, all else with 200. */
const redirecting = (t: TestContext) =>
  testTarget(t, (request, response) => {
    const url = new URL(request.url ?? '/', 'http://x')
    const status = Number(url.pathname.slice(1))
    const location = Buffer.from(decodeURIComponent(url.search.slice(1))).toString('latin1')
    if (status >= 300) response.writeHead(status, { location })
    response.end(url.pathname)
  })

const post = (url: string) => get(url, { method: 'POST', headers: SECRETS, body: '{"password":"p4ss"}' })

test('another origin gets neither header nor body nor method of the first', async (t) => {
  const target = await redirecting(t)
  const elsewhere = `http://evil.test:${target.port}/taken`
  for (const status of [301, 302, 303, 307, 308]) {
    target.requests.length = 0
    await target.egress.request(post(`http://good.test:${target.port}/${status}?${encodeURIComponent(elsewhere)}`))
    const [first, second] = target.requests

    assert.equal(headerOf(first, 'x-api-key'), 'k3y')
    assert.equal(second?.method, 'GET')
    assert.equal(second?.body, '')
    assert.deepEqual(second?.rawHeaders.map(([name]) => name.toLowerCase()).sort(), [
      'accept',
      'accept-encoding',
      'accept-language',
      'connection',
      'host',
      'user-agent',
    ])
    assert.equal(headerOf(second, 'host'), `evil.test:${target.port}`)
  }
})

test('secrets do not come back with the way back', async (t) => {
  const target = await redirecting(t)
  const back = `http://good.test:${target.port}/end`
  const there = `http://evil.test:${target.port}/302?${encodeURIComponent(back)}`
  await target.egress.request(post(`http://good.test:${target.port}/307?${encodeURIComponent(there)}`))

  assert.deepEqual(
    target.requests.map((request) => headerOf(request, 'x-api-key')),
    ['k3y', undefined, undefined],
  )
  assert.equal(target.requests[2]?.body, '')
})

test('the same origin gets the request again as browsers send it', async (t) => {
  const target = await redirecting(t)
  const expected = { 301: 'GET', 302: 'GET', 303: 'GET', 307: 'POST', 308: 'POST' }
  for (const [status, method] of Object.entries(expected)) {
    target.requests.length = 0
    const answer = await target.egress.request(post(`http://good.test:${target.port}/${status}?/next`))
    const again = target.requests[1]

    assert.equal(again?.method, method)
    assert.equal(headerOf(again, 'x-api-key'), 'k3y')
    assert.equal(again?.body, method === 'GET' ? '' : '{"password":"p4ss"}')
    assert.equal(headerOf(again, 'content-type'), method === 'GET' ? undefined : 'application/json')
    assert.equal(answer.url.pathname, '/next')
  }
})

test('a redirect to what is no http address is refused', async (t) => {
  const { port, egress } = await redirecting(t)
  for (const location of [
    'file:///etc/passwd',
    'ftp://a.test/',
    'data:text/plain,x',
    'javascript:1',
    'gopher://a.test',
    'http://',
    'http://[::1',
    'http://a b/',
    'blob:http://a.test/x',
  ])
    assert.equal(
      await failureOf(egress.request(get(`http://a.test:${port}/302?${encodeURIComponent(location)}`))),
      'redirect, sent',
      location,
    )
})

test('a redirect to an inner address is refused, however it is spelled', async (t) => {
  const { port, egress } = await redirecting(t)
  for (const location of [
    'http://127.0.0.2/',
    'http://127.1/',
    'http://0x7f000001/',
    'http://2130706433/',
    'http://0177.0.0.1/',
    'http://127。0。0。1/',
    'http://[::1]/',
    `http://[::ffff:127.0.0.1]:${port}/`,
    `http://[::127.0.0.1]:${port}/`,
    'http://169.254.169.254/latest/meta-data/',
    'http://[fd00:ec2::254]/',
    'http://0/',
    'http://10.0.0.1/',
    '//[fe80::1]/',
  ])
    assert.equal(
      await failureOf(egress.request(get(`http://127.0.0.1:${port}/302?${encodeURIComponent(location)}`))),
      'address, sent',
      location,
    )
})

test('two different addresses in one redirect are refused, one said twice is not', async (t) => {
  const { url, egress } = await rawTarget(t, (socket) =>
    socket.once('data', (request) => {
      const lines = /twice/.test(request.toString()) ? ['/a', '/a'] : ['/a', '/b']
      const location = request.toString().startsWith('GET /a') ? [] : lines.map((path) => `Location: ${path}\r\n`)
      socket.end(`HTTP/1.1 ${location.length === 0 ? 200 : 302} X\r\n${location.join('')}Content-Length: 0\r\n\r\n`)
    }),
  )

  assert.equal(await failureOf(egress.request(get(`${url}differ`))), 'redirect, sent')
  assert.equal((await egress.request(get(`${url}twice`))).url.pathname, '/a')
})

test('five redirects are followed, a sixth is not', async (t) => {
  const { port, egress, requests } = await testTarget(t, (request, response) => {
    const left = Number(request.url?.slice(1))
    if (left > 0) response.writeHead(302, { location: `/${left - 1}` })
    response.end()
  })
  const five = await egress.request(get(`http://a.test:${port}/5`))

  assert.equal(five.url.pathname, '/0')
  assert.equal(requests.length, 6)
  assert.equal(await failureOf(egress.request(get(`http://a.test:${port}/6`))), 'redirect, sent')
})

test('a redirect that is not to be followed, or has no Location, is the answer', async (t) => {
  const { port, egress } = await testTarget(t, (request, response) => {
    response.statusCode = request.url === '/unchanged' ? 304 : 302
    if (request.url !== '/none') response.setHeader('location', '/other')
    response.end()
  })
  const answers = await Promise.all([
    egress.request(get(`http://a.test:${port}/stay`, { followRedirects: false })),
    egress.request(get(`http://a.test:${port}/none`)),
    egress.request(get(`http://a.test:${port}/unchanged`)),
  ])

  assert.deepEqual(
    answers.map(({ status }) => status),
    [302, 302, 304],
  )
})
