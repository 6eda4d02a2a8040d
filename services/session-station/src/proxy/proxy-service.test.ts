import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { CREDENTIALS } from '@munjigi/dev-target/credentials'
import { type DevTarget, startDevTarget } from '@munjigi/dev-target/dev-target'
import { type TestService, testService } from '../service.fixture.ts'

let service: TestService
let outside: DevTarget
let elsewhere: DevTarget

before(async () => {
  // Standing still: how often a login may be renewed hangs on the minute.
  const now = Date.now()
  service = await testService({ now: () => now })
  outside = await startDevTarget()
  elsewhere = await startDevTarget()
})
after(() => Promise.all([service.close(), outside.close(), elsewhere.close()]))

const bearer = (service_id: string) => ({
  service_id,
  name: 'bearer',
  auth_type: 'bearer',
  login_config: {
    url: `${outside.url}/bearer/login`,
    method: 'POST',
    payload: { username: CREDENTIALS.username, password: CREDENTIALS.password },
  },
  extraction_rules: [{ name: 'access_token', source: 'body', key_path: 'data.access_token' }],
  injection_rules: [
    { source_field: 'access_token', target: 'header', key: 'Authorization', value_template: 'Bearer {access_token}' },
  ],
})

test('an agent reads through the proxy, and reads on when the target has forgotten its login', async () => {
  const lee = service.as('lee')
  assert.equal((await lee('POST', '/auth-profiles', bearer('outside'))).statusCode, 201)
  const first = await lee('GET', '/proxy/outside/bearer/data')
  outside.forget()
  const second = await lee('GET', '/proxy/outside/bearer/data')

  assert.deepEqual([first.statusCode, second.statusCode], [200, 200])
  assert.equal(first.json().user, CREDENTIALS.username)
  assert.equal(outside.logins().bearer, 2)
})

test('a login that the target forgets again and again is renewed each time, since each renewal has helped', async () => {
  const choi = service.as('choi')
  await choi('POST', '/auth-profiles', bearer('outside'))
  const statuses: number[] = []
  for (let round = 0; round < 6; round += 1) {
    statuses.push((await choi('GET', '/proxy/outside/bearer/data')).statusCode)
    outside.forget()
  }

  assert.deepEqual(statuses, [200, 200, 200, 200, 200, 200])
})

test('an address that is refused whoever is logged in makes no login each time', async () => {
  const yoon = service.as('yoon')
  await yoon('POST', '/auth-profiles', bearer('outside'))
  const before = outside.logins().bearer ?? 0
  for (let round = 0; round < 6; round += 1) {
    assert.equal((await yoon('GET', '/proxy/outside/cookie/data')).statusCode, 401)
    assert.equal((await yoon('GET', '/proxy/outside/bearer/data')).statusCode, 200)
  }

  assert.equal((outside.logins().bearer ?? 0) - before, 4)
})

test('the login goes to no origin that was not there when its secrets were entered', async () => {
  const kim = service.as('kim')
  await kim('POST', '/auth-profiles', bearer('outside'))
  await kim('GET', '/proxy/outside/bearer/data')
  const changed = await kim('PUT', '/auth-profiles/outside', { allowed_origins: [elsewhere.url, outside.url] })
  const answer = await kim('GET', '/proxy/outside/bearer/data')

  assert.equal(changed.json().status, 'inactive')
  assert.deepEqual([answer.statusCode, answer.json().type], [409, '/problems/auth-profile-inactive'])
  assert.equal(elsewhere.requests().bearer, 0)
  assert.equal(elsewhere.refusals().bearer, 0)
})

test("nobody calls by another person's profile, nor by one that is deleted", async () => {
  const park = service.as('park')
  await park('POST', '/auth-profiles', bearer('mine'))
  await park('GET', '/proxy/mine/bearer/data')
  const stranger = await service.as('choi')('GET', '/proxy/mine/bearer/data')
  await park('DELETE', '/auth-profiles/mine')
  const late = await park('GET', '/proxy/mine/bearer/data')

  for (const answer of [stranger, late])
    assert.deepEqual([answer.statusCode, answer.json().type], [404, '/problems/auth-profile-not-found'])
})

test('a token for the proxy alone reaches the proxy', async () => {
  await service.as('han')('POST', '/auth-profiles', bearer('outside'))
  const scoped = service.as('han', { scope: 'session-station:proxy' })

  assert.equal((await scoped('GET', '/proxy/outside/bearer/data')).statusCode, 200)
  assert.equal((await scoped('GET', '/auth-context/outside')).statusCode, 403)
})
