import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LEE, runGateway } from './gateway.fixture.ts'

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
