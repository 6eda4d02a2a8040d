import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import { testService } from '../service.fixture.ts'
import { bearerProfile, loginAt, renewing } from './house.fixture.ts'
import { outsideService } from './outside-service.fixture.ts'

const NOW = Date.now()
const service = await testService({ now: () => NOW })
const outside = await outsideService()
after(() => Promise.all([service.close(), outside.close()]))
beforeEach(() => outside.reset())

const lee = service.as('lee')
let count = 0

async function profile(change: object = {}): Promise<string> {
  count += 1
  const service_id = `outside-${count}`
  const answer = await lee('POST', '/auth-profiles', { ...bearerProfile(outside.url), service_id, ...change })
  assert.equal(answer.statusCode, 201)
  return service_id
}

const isIsoTime = (text: string) => new Date(text).toISOString() === text

test('a context says what to inject, where it came from and when it ends', async () => {
  const id = await profile()
  const made = await lee('GET', `/auth-context/${id}`)
  const cached = await lee('GET', `/auth-context/${id}`)

  assert.equal(made.statusCode, 200)
  const { expires_at, injections, ...others } = made.json()
  assert.deepEqual(others, {
    success: true,
    service_id: id,
    context_fields: ['access_token', 'refresh_token'],
    from_cache: false,
  })
  assert.deepEqual(Object.keys(injections[0]), ['target', 'key', 'value', 'required'])
  assert.ok(isIsoTime(expires_at))
  assert.deepEqual(cached.json(), { ...made.json(), from_cache: true })
  assert.equal(made.headers['cache-control'], 'no-store')
})

test('headers are one flat object, and forcing makes others', async () => {
  const id = await profile()
  const first = await lee('GET', `/auth-context/${id}/headers`)
  const again = await lee('GET', `/auth-context/${id}/headers?force_refresh=false`)
  const forced = await lee('GET', `/auth-context/${id}/headers?force_refresh=true`)
  const whole = await lee('GET', `/auth-context/${id}?force_refresh=true`)

  assert.match(first.json().Authorization, /^Bearer access-\d+$/)
  assert.deepEqual(again.json(), first.json())
  assert.notDeepEqual(forced.json(), first.json())
  assert.equal(whole.json().from_cache, false)
  assert.equal(outside.count('/login'), 3)
})

test('an agent in Python forces with True', async () => {
  const id = await profile()
  for (const [flag, logins] of [
    ['False', 1],
    ['0', 1],
    ['True', 2],
    ['1', 3],
  ] as const) {
    await lee('GET', `/auth-context/${id}?force_refresh=${flag}`)
    assert.equal(outside.count('/login'), logins, flag)
  }
})

test('renewing says whether it was a login', async () => {
  const plain = await profile()
  const renewable = await profile({ refresh_config: renewing(outside.url) })
  for (const id of [plain, renewable]) await lee('GET', `/auth-context/${id}`)
  const login = await lee('POST', `/auth-profiles/${plain}/refresh`)
  const refresh = await lee('POST', `/auth-profiles/${renewable}/refresh`)

  assert.deepEqual([login.statusCode, login.json().refresh_type], [200, 'login'])
  assert.deepEqual([refresh.statusCode, refresh.json().refresh_type], [200, 'refresh'])
  assert.deepEqual([refresh.json().success, refresh.json().service_id], [true, renewable])
  assert.ok(isIsoTime(refresh.json().expires_at))
  const { last_refresh } = (await lee('GET', `/auth-profiles/${renewable}`)).json()
  assert.ok(isIsoTime(last_refresh))
})

const routes: ['GET' | 'POST', (id: string) => string][] = [
  ['GET', (id) => `/auth-context/${id}`],
  ['GET', (id) => `/auth-context/${id}?force_refresh=true`],
  ['GET', (id) => `/auth-context/${id}/headers`],
  ['POST', (id) => `/auth-profiles/${id}/refresh`],
]

for (const [method, path] of routes) {
  const refusal = async (id: string, as = lee) => {
    const answer = await as(method, path(id))
    return [answer.statusCode, answer.json().type]
  }

  test(`${method} ${path(':id')} refuses who is nobody, what is absent, another's, inactive, refused or asked wrongly`, async () => {
    const mine = await profile()
    const inactive = await profile({ status: 'inactive' })
    const wrong = await profile({ login_config: loginAt(outside.url, 'wrong') })
    const nobody = await service.app.inject({ method, url: `/api/session-station/v1${path(mine)}` })

    assert.deepEqual([nobody.statusCode, nobody.json().type], [401, '/problems/token-missing'])
    assert.deepEqual(await refusal('absent'), [404, '/problems/auth-profile-not-found'])
    assert.deepEqual(await refusal(mine, service.as('kim')), [404, '/problems/auth-profile-not-found'])
    assert.deepEqual(await refusal(inactive), [409, '/problems/auth-profile-inactive'])
    assert.deepEqual(await refusal(wrong), [502, '/problems/target-login-failed'])
    assert.deepEqual(await refusal('-bad'), [400, '/problems/invalid-request'])
    assert.equal(outside.count('/login'), 1)
  })

  test(`${method} ${path(':id')} says when to come back after a failure, and when only its owner can help`, async () => {
    const id = await profile({ login_config: loginAt(outside.url, 'wrong') })
    await lee(method, path(id))
    const cooling = await lee(method, path(id))
    await service.db.updateTable('auth_profiles').set({ status: 'needs_auth' }).where('service_id', '=', id).execute()

    assert.deepEqual([cooling.statusCode, cooling.headers['retry-after']], [502, '5'])
    assert.match(cooling.json().detail, /^Login failed: HTTP 401/)
    assert.deepEqual(await refusal(id), [409, '/problems/needs-auth'])
  })
}

test('what is not known in a query is refused', async () => {
  const id = await profile()
  for (const query of ['force_refresh=maybe', 'force_refresh=', 'force=true'])
    assert.equal((await lee('GET', `/auth-context/${id}?${query}`)).json().type, '/problems/invalid-request')
})
