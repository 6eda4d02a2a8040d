import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { testService } from './service.fixture.ts'

const service = await testService()
after(service.close)

test('what the service offers is said to anybody, in OpenAPI', async () => {
  const answer = await service.app.inject('/api/session-station/openapi.json')

  assert.equal(answer.statusCode, 200)
  assert.equal(answer.headers['cache-control'], 'no-store')
})

test('it is ready under the keys of its database', async () => {
  assert.equal((await service.app.inject('/readyz')).statusCode, 200)
})
