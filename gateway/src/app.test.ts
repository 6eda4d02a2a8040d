import assert from 'node:assert/strict'
import type { ServerResponse } from 'node:http'
import { test } from 'node:test'
import { testUpstream } from '@munjigi/testing/upstream'
import { LEE, runGateway, until } from './gateway.fixture.ts'
import { raw } from './raw-client.fixture.ts'

test('a request with a token reaches its service with the verified subject, and its answer comes back', async (t) => {
  const gateway = await runGateway(t)

  const response = await fetch(`${gateway.url}/api/meal/v1/menus?date=2026-11-21`, {
    headers: { authorization: gateway.bearer() },
  })

  assert.equal(response.status, 200)
  assert.equal(await response.text(), 'ok')
  const [seen] = gateway.seen
  assert.equal(seen?.url, '/api/meal/v1/menus?date=2026-11-21')
  assert.deepEqual(
    seen?.rawHeaders.filter(([name]) => name.toLowerCase() === 'x-user-sub'),
    [['x-user-sub', LEE]],
  )
})

test('an open route may be given a foreign Authorization, once, and never a bearer token', async (t) => {
  const gateway = await runGateway(t)
  const carried = async (...lines: string[]) => {
    const headers = lines.map((line) => `Authorization: ${line}\r\n`).join('')
    await raw(gateway.port, `GET /api/meal/open HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n${headers}\r\n`)
    return gateway.seen.at(-1)?.rawHeaders.filter(([name]) => /authorization/i.test(name))
  }
  assert.deepEqual(await carried('KakaoAK key'), [])
  await gateway.rewrite((text) => text.replace('path: /open, access: open', '$&, authorization: forward'))

  assert.deepEqual(await carried('KakaoAK key'), [['authorization', 'KakaoAK key']])
  assert.deepEqual(await carried(gateway.bearer()), [])
  assert.deepEqual(await carried('  bEARER\tx'), [])
  assert.deepEqual(await carried('KakaoAK key', 'KakaoAK other'), [])
})

test('a service moves to another host by a change of services.yaml, and no request fails meanwhile', async (t) => {
  const other = await testUpstream((_request, response) => response.end('other'))
  t.after(() => other.close())
  const gateway = await runGateway(t)
  const answers = new Map<string, number>()
  let isOver = false
  const ask = async () => {
    while (!isOver) {
      const response = await fetch(`${gateway.url}/api/meal/open`)
      const answer = `${response.status} ${await response.text()}`
      answers.set(answer, (answers.get(answer) ?? 0) + 1)
    }
  }
  const callers = Array.from({ length: 8 }, ask)

  for (let round = 0; round < 3; round++) {
    await gateway.rewrite((text) => text.replace(/(meal:\n {4}host: ).*/, `$1${other.url}`))
    await gateway.rewrite((text) => text)
  }
  isOver = true
  await Promise.all(callers)

  assert.deepEqual([...answers.keys()].sort(), ['200 ok', '200 other'])
})

test('a request that has begun ends on the table it began with', async (t) => {
  let answer: ServerResponse | undefined
  const gateway = await runGateway(t, {
    meal: (_request, response) => {
      answer = response
    },
  })
  const waiting = fetch(`${gateway.url}/api/meal/open`)
  await until(() => answer !== undefined)

  await gateway.rewrite((text) => text.replace('- meal:', '- lunch:'))
  answer?.end('done')

  assert.equal(await (await waiting).text(), 'done')
  assert.equal((await fetch(`${gateway.url}/api/meal/open`)).status, 404)
})

test('while user is away, public and open routes go on and what is known stays known', async (t) => {
  const { url, user, bearer } = await runGateway(t)
  const ask = async (path: string, authorization?: string) =>
    (await fetch(`${url}${path}`, authorization === undefined ? {} : { headers: { authorization } })).status
  assert.equal(await ask('/api/meal/v1/menus', bearer()), 200)

  user.answerWith((_request, response) => void response.destroy())

  assert.equal(await ask('/api/meal/v1/menus', bearer()), 200)
  assert.equal(await ask('/api/meal/public'), 200)
  assert.equal(await ask('/api/meal/open'), 200)
  assert.equal(await ask('/api/meal/v1/menus', bearer({ sub: 'somebody-new' })), 503)
})

test('whatever a caller calls itself, a service hears the verified subject once, or none', async (t) => {
  const { port, seen, bearer } = await runGateway(t, { settings: '    identity_headers: [X-User-ID]' })
  const forged = [
    ...['X_User_Sub: admin', 'x.user.sub: admin', 'X-User-ID: admin', 'X_USER_ID: admin', 'X-Internal-Key: k'],
    ...['x_internal_key: k', 'Connection: close, X-User-Sub, x-user-id, authorization'],
  ].join('\r\n')
  const send = (path: string, more = '') =>
    raw(port, `GET ${path} HTTP/1.1\r\nHost: gateway.example\r\n${more}${forged}\r\n\r\n`)

  await send('/api/meal/v1/menus', `Authorization: ${bearer()}\r\nX-USER-SUB: ${LEE}\r\n`)
  await send('/api/meal/public')
  await send('/api/meal/open', `Authorization: ${bearer()}\r\nX-User-Sub: admin\r\n`)
  const other = await send('/api/meal/v1/menus', `Authorization: ${bearer()}\r\nX-User-Sub: admin\r\n`)
  const twice = await send('/api/meal/public', `X-User-Sub: ${LEE}\r\nx-user-sub: ${LEE}\r\n`)

  const identities = seen.map(({ rawHeaders }) =>
    rawHeaders
      .filter(([name]) => /user.(sub|id)|internal.key|authorization/i.test(name))
      .map(([name, value]) => `${name} ${value.slice(0, 6)}`),
  )
  assert.deepEqual(identities, [['authorization Bearer', `x-user-id ${LEE}`, `x-user-sub ${LEE}`], [], []])
  assert.equal(other.refusal, '401 user-sub-mismatch')
  assert.equal(twice.refusal, '400 ambiguous-header')
})
