import assert from 'node:assert/strict'
import type { IncomingMessage, RequestListener } from 'node:http'
import { after, before, beforeEach, test } from 'node:test'
import { headerOf, testUpstream, type Upstream } from '@munjigi/testing/upstream'
import { targetLoginFailed } from '../problems.ts'
import type { Expired } from '../profiles/profile.ts'
import { contextOf, testProxy } from './proxy.fixture.ts'

let target: Upstream
let proxy: Awaited<ReturnType<typeof testProxy>>
let refuse: RequestListener

const isFresh = ({ headers }: IncomingMessage) => headers.authorization === 'Bearer new-token'
const contextWith = (value: string, expired?: Expired) =>
  contextOf({
    origins: [target.url],
    injections: [{ target: 'header', key: 'Authorization', value: `Bearer ${value}` }],
    expired,
  })
const tokens = () => target.requests.map((request) => headerOf(request, 'authorization'))

before(async () => {
  target = await testUpstream((request, response) => {
    if (isFresh(request)) request.resume().on('end', () => response.end('data'))
    else refuse(request, response)
  })
  proxy = await testProxy(contextOf({ origins: [target.url] }))
})
beforeEach(() => expiring())
after(() => Promise.all([proxy.close(), target.close()]))

function expiring(
  expired?: Expired,
  listener: RequestListener = (_request, response) => response.writeHead(401).end('no'),
) {
  refuse = listener
  target.requests.length = 0
  Object.assign(proxy.state, {
    context: contextWith('old-token', expired),
    renewed: contextWith('new-token', expired),
    renewals: 0,
  })
}

test('401 is one renewal and one retry, which the agent does not see', async () => {
  const answer = await proxy.fetch('/x', { method: 'POST', body: 'once' })

  assert.deepEqual([answer.status, await answer.text()], [200, 'data'])
  assert.equal(proxy.state.renewals, 1)
  assert.deepEqual(tokens(), ['Bearer old-token', 'Bearer new-token'])
  assert.deepEqual(
    target.requests.map(({ body }) => body),
    ['once', 'once'],
  )
})

test('a second 401 is the answer', async () => {
  proxy.state.renewed = contextWith('also-old')
  const answer = await proxy.fetch('/x')

  assert.deepEqual([answer.status, await answer.text()], [401, 'no'])
  assert.equal(proxy.state.renewals, 1)
  assert.equal(target.requests.length, 2)
})

test('where renewing is in vain the first 401 is the answer, and nothing is sent twice', async () => {
  proxy.state.context = { ...proxy.state.context, deaths: 3 }
  const answer = await proxy.fetch('/x', { method: 'POST', body: 'once' })

  assert.deepEqual([answer.status, await answer.text()], [401, 'no'])
  assert.deepEqual([proxy.state.renewals, target.requests.length], [0, 1])
})

test('other refusals are answers, and renew nothing', async () => {
  expiring(undefined, (_request, response) => response.writeHead(403).end('forbidden'))

  assert.equal((await proxy.fetch('/x')).status, 403)
  assert.equal(proxy.state.renewals, 0)
})

test('a stated sign counts beside 401, where everything that it states holds', async () => {
  const written =
    (status: number, body: string): RequestListener =>
    (_request, response) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(body)
  const json = (status: number, body: unknown) => written(status, JSON.stringify(body))
  const redirect =
    (location: string): RequestListener =>
    (_request, response) =>
      response.writeHead(302, { location }).end()
  const cases: [Expired, RequestListener, renewals: number][] = [
    [{ status: [419] }, json(419, {}), 1],
    [{ status: [419] }, json(401, {}), 1],
    [{ status: [419] }, json(403, {}), 0],
    [{ location: '/login' }, redirect('/login?next=/x'), 1],
    [{ location: '/login' }, redirect('https://sso.example/login'), 1],
    [{ location: '/login' }, redirect('/home'), 0],
    [{ body: { path: 'error.code', equals: 'EXPIRED' } }, json(200, { error: { code: 'EXPIRED' } }), 1],
    [{ body: { path: 'error.code', equals: 'EXPIRED' } }, json(200, { error: { code: 'OTHER' } }), 0],
    [{ body: { path: 'error' } }, json(200, { error: null }), 0],
    [{ body: { path: 'error' } }, json(200, { error: { code: 1 } }), 1],
    [{ body: { path: 'code', equals: null } }, json(200, { code: null }), 1],
    [{ body: { path: 'code', equals: 7 } }, written(200, '{"code":7.0}'), 1],
    [{ status: [400], body: { path: 'error' } }, json(200, { error: 1 }), 0],
    [{ body: { path: 'error' } }, (_request, response) => response.end('{"error":1}'), 0],
    [{ body: { path: 'constructor' } }, json(200, {}), 0],
  ]
  for (const [expired, listener, renewals] of cases) {
    expiring(expired, listener)
    const answer = await proxy.fetch('/x')
    await answer.text()
    assert.deepEqual(
      [proxy.state.renewals, answer.status === 200 || renewals === 0],
      [renewals, true],
      JSON.stringify(expired),
    )
  }
})

test('an answer that is read for a sign comes whole, also where it is too large to be one', async () => {
  const body = JSON.stringify({ items: 'x'.repeat(1_500_000) })
  expiring({ body: { path: 'error' } }, (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.write(body.slice(0, 700_000))
    response.end(body.slice(700_000))
  })

  assert.equal(await (await proxy.fetch('/x')).text(), body)
  assert.equal(proxy.state.renewals, 0)
})

test('a login that cannot be renewed is told as such', async () => {
  const { renewAfter } = proxy.contexts
  proxy.contexts.renewAfter = () => Promise.reject(targetLoginFailed('HTTP 403: these credentials are not taken'))
  const answer = await proxy.fetch('/x')

  assert.equal(answer.status, 502)
  assert.equal(((await answer.json()) as { type: string }).type, '/problems/target-login-failed')
  proxy.contexts.renewAfter = renewAfter
})

test('a body in chunks is sent again from its beginning, also when the target refuses before its end', async () => {
  const socket = await proxy.open(`POST ${proxy.pathOf('/x')} HTTP/1.1`, [
    'transfer-encoding: chunked',
    'connection: close',
  ])
  let renewed: () => void = () => {}
  const isRenewed = new Promise<void>((done) => {
    renewed = done
  })
  const { renewAfter } = proxy.contexts
  proxy.contexts.renewAfter = async (...given) => {
    renewed()
    return renewAfter(...given)
  }
  socket.write('5\r\nfirst\r\n')
  await isRenewed
  socket.write('6\r\nsecond\r\n0\r\n\r\n')
  const answer = (await socket.toArray()).join('')

  assert.match(answer, /^HTTP\/1\.1 200 OK[\s\S]*data/)
  assert.equal(target.requests.at(-1)?.body, 'firstsecond')
  proxy.contexts.renewAfter = renewAfter
})

test('a body of more than a megabyte is not sent twice: its 401 is the answer, and the next call finds a new login', async () => {
  expiring(undefined, (request, response) => request.resume().on('end', () => response.writeHead(401).end('no')))
  const body = 'x'.repeat(1_100_000)
  const answer = await proxy.fetch('/x', { method: 'POST', body })

  assert.equal(answer.status, 401)
  assert.equal(target.requests.length, 1)
  assert.equal(proxy.state.renewals, 1)
  const again = await proxy.fetch('/x', { method: 'POST', body })
  assert.equal(again.status, 200)
})
