import assert from 'node:assert/strict'
import type { ServerResponse } from 'node:http'
import { test } from 'node:test'
import { testUpstream } from '@munjigi/testing/upstream'
import { LEE, runGateway, until } from './gateway.fixture.ts'

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
