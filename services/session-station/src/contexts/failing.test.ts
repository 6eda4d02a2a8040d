import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import { contextsHouse, loginAt, movedClock, refusalOf } from './house.fixture.ts'

const house = await contextsHouse()
const { outside } = house
after(house.close)
beforeEach(() => outside.reset())

const logins = () => outside.count('/login')
const owner = 'lee'

test('a wrong password is not tried again while it cools down, nor by another process', async () => {
  const { now, move } = movedClock()
  const [one, other] = [house.contexts({ now }), house.contexts({ now })]
  const service = await house.profile({ login_config: loginAt(outside.url, 'wrong') })
  const refused = { type: 'target-login-failed', retryAfter: '5' }

  assert.deepEqual(await refusalOf(one.headers(owner, service)), refused)
  assert.deepEqual(await refusalOf(one.headers(owner, service)), refused)
  assert.equal((await refusalOf(other.find(owner, service, { force: true }))).type, 'target-login-failed')
  assert.equal((await refusalOf(other.renew(owner, service))).type, 'target-login-failed')
  assert.equal(logins(), 1)
  move(5)
  await refusalOf(other.headers(owner, service))
  assert.equal(logins(), 2)
  assert.equal((await refusalOf(one.headers(owner, service))).retryAfter, '10')
})

test('the fifth failure in a row needs its owner, and no time mends that, but a change', async () => {
  const { now, move } = movedClock()
  const contexts = house.contexts({ now })
  const service = await house.profile({ login_config: loginAt(outside.url, 'wrong') })
  for (let round = 0; round < 5; round++) {
    assert.equal((await refusalOf(contexts.headers(owner, service))).type, 'target-login-failed')
    move(600)
  }

  assert.equal((await refusalOf(contexts.headers(owner, service))).type, 'needs-auth')
  assert.equal((await refusalOf(contexts.find(owner, service, { force: true }))).type, 'needs-auth')
  assert.equal((await refusalOf(contexts.renew(owner, service))).type, 'needs-auth')
  assert.equal(logins(), 5)
  await house.profiles.change(owner, service, { login_config: { payload: { password: 'right' } } })
  assert.ok((await contexts.headers(owner, service)).Authorization)
})

test('outages back off, count apart from wrong passwords, and never need the owner', async () => {
  const { now, move } = movedClock()
  const contexts = house.contexts({ now })
  const service = await house.profile()
  outside.always({ answer: { status: 503 } })
  for (let round = 0; round < 8; round++) {
    assert.equal((await refusalOf(contexts.headers(owner, service))).type, 'target-login-failed')
    move(301)
  }
  const { outages, failures, status } = await house.row(service)
  assert.deepEqual([outages, failures, status], [8, 0, 'active'])
  outside.always()

  assert.ok((await contexts.headers(owner, service)).Authorization)
  const row = await house.row(service)
  assert.deepEqual([row.outages, row.last_error, row.retry_at], [0, null, null])
})

test('how long to wait is what the service says', async () => {
  const contexts = house.contexts({ now: movedClock().now })
  const service = await house.profile()
  outside.next({ answer: { status: 429, headers: { 'retry-after': '77' } } })

  assert.equal((await refusalOf(contexts.headers(owner, service))).retryAfter, '77')
  assert.equal((await refusalOf(contexts.headers(owner, service))).retryAfter, '77')
  assert.equal(logins(), 1)
})

test('while a forced login cools down, what is still good is answered and said to be old', async () => {
  const service = await house.profile()
  const { context } = await house.first.find(owner, service)
  outside.next({ answer: { status: 503 } })
  const failed = await house.first.find(owner, service, { force: true })
  const cooling = await house.first.find(owner, service, { force: true })

  assert.deepEqual([failed.fromCache, cooling.fromCache], [true, true])
  assert.deepEqual(cooling.context.headers, context.headers)
  assert.equal(logins(), 2)
})

test('a failure that comes after a later login has begun is not counted', async () => {
  const [one, other] = [house.contexts(), house.contexts()]
  const service = await house.profile()
  const held = outside.hold('before', { status: 401 })
  const late = refusalOf(one.headers(owner, service))
  await held.came
  // As if its holder had stood still for longer than its lease.
  await house.store.remove(`auth_login_lock:{lee:${service}}`)
  await other.headers(owner, service)
  await house.db
    .updateTable('auth_profiles')
    .set({ last_error: 'untouched' })
    .where('service_id', '=', service)
    .execute()
  held.release()
  await late

  assert.equal((await house.logs(service)).at(-1)?.success, false)
  const { failures, last_error } = await house.row(service)
  assert.deepEqual([failures, last_error], [0, 'untouched'])
})
