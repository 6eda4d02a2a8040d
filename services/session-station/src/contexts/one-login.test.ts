import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { contextsHouse, loginAt, refusalOf } from './house.fixture.ts'

const house = await contextsHouse()
const { outside, first } = house
const second = house.contexts()
after(house.close)
beforeEach(() => outside.reset())

const times = <Result>(count: number, work: () => Promise<Result>) => Promise.all(Array.from({ length: count }, work))
const logins = () => outside.count('/login')

test('a hundred callers in two processes on a cold profile are one login, and one of them made it', async () => {
  const service = await house.profile()
  const found = await Promise.all([
    times(50, () => first.find('lee', service)),
    times(50, () => second.find('lee', service)),
  ])

  assert.equal(logins(), 1)
  assert.equal(new Set(found.flat().map(({ context }) => context.headers.Authorization)).size, 1)
  assert.equal(found.flat().filter(({ fromCache }) => !fromCache).length, 1)
  assert.equal((await house.logs(service)).length, 1)
})

test('what is cached is answered as headers, and the profile is as new', async () => {
  const service = await house.profile()
  const headers = await first.headers('lee', service)
  const again = await second.headers('lee', service)

  assert.match(headers.Authorization ?? '', /^Bearer access-\d+$/)
  assert.deepEqual(again, headers)
  assert.equal(logins(), 1)
  const { last_error, failures, last_refresh } = await house.row(service)
  assert.deepEqual([last_error, failures], [null, 0])
  assert.ok(last_refresh)
})

test('nothing is found for another person, and nothing is asked for them', async () => {
  const service = await house.profile()
  await first.headers('lee', service)

  assert.equal((await refusalOf(first.headers('kim', service))).type, 'auth-profile-not-found')
  assert.equal((await refusalOf(first.find('kim', service, { force: true }))).type, 'auth-profile-not-found')
  assert.equal(logins(), 1)
})

test('a failed login is the failure of all who waited for it, in both processes', async () => {
  const service = await house.profile({ login_config: loginAt(outside.url, 'wrong') })
  const refusals = await Promise.all([
    times(10, () => refusalOf(first.headers('lee', service))),
    times(10, () => refusalOf(second.headers('lee', service))),
  ])

  assert.equal(logins(), 1)
  assert.deepEqual(new Set(refusals.flat().map(({ type }) => type)), new Set(['target-login-failed']))
  const { failures, status, last_error } = await house.row(service)
  assert.deepEqual([failures, status], [1, 'active'])
  assert.match(last_error ?? '', /^HTTP 401/)
  const [log] = await house.logs(service)
  assert.deepEqual([log?.success, log?.response_status_code, log?.refresh_type], [false, 401, 'login'])
})

test('the log names what was extracted, never a value', async () => {
  const service = await house.profile()
  const { context } = await first.find('lee', service)
  const [log] = await house.logs(service)

  assert.deepEqual(log?.extracted_fields, ['access_token', 'refresh_token'])
  for (const value of Object.values(context.fields)) assert.ok(!JSON.stringify(log).includes(value))
})

test('the log says how long the outside service took', async () => {
  let clock = Date.now()
  const own = house.contexts({ now: () => clock })
  const service = await house.profile()
  outside.next({
    after: () => {
      clock += 234
    },
  })
  await own.find('lee', service)

  assert.equal((await house.logs(service))[0]?.duration_ms, 234)
})

test('forced logins at once in two processes join one that begins after them', async () => {
  const service = await house.profile()
  const { context: before } = await first.find('lee', service)
  const forced = await Promise.all([
    times(10, () => first.find('lee', service, { force: true })),
    times(10, () => second.find('lee', service, { force: true })),
  ])

  assert.ok(logins() - 1 <= 3, `${logins() - 1} logins`)
  for (const { context } of forced.flat()) assert.ok(context.login_number > before.login_number)
})

test('a forced login does not take one that began before it was asked for', async () => {
  const service = await house.profile()
  const held = outside.hold()
  const cold = first.find('lee', service)
  await held.came
  const forced = second.find('lee', service, { force: true })
  const forcedHere = first.find('lee', service, { force: true })
  held.release()
  const early = await cold

  for (const { context } of await Promise.all([forced, forcedHere]))
    assert.ok(context.login_number > early.context.login_number)
  assert.ok(logins() <= 3)
})

test('what another process has is not logged in for, though the store has lost it', async () => {
  const service = await house.profile()
  const { context } = await first.find('lee', service)
  await house.store.remove(`auth_context:{lee:${service}}`)
  await house.store.remove(`auth_login_lock:{lee:${service}}`)

  assert.deepEqual((await second.find('lee', service)).context.headers, context.headers)
  assert.deepEqual(await first.headers('lee', service), context.headers)
  assert.equal(logins(), 1)
})

test('what lies in the store is sealed for its owner and service', async () => {
  const [service, other] = [await house.profile(), await house.profile()]
  const { context } = await first.find('lee', service)
  const text = (await house.store.get(`auth_context:{lee:${service}}`)) ?? ''
  for (const value of Object.values(context.fields)) assert.ok(!text.includes(value))
  await house.store.set(`auth_context:{lee:${other}}`, text, 60_000)
  const moved = await first.find('lee', other)

  assert.notEqual(moved.context.headers.Authorization, context.headers.Authorization)
  assert.equal(logins(), 2)
})

test('a login that a later one overtook is not answered', async () => {
  const service = await house.profile()
  const held = outside.hold('after')
  const late = first.find('lee', service)
  await held.came
  // As if its holder had stood still for longer than its lease.
  await house.store.remove(`auth_login_lock:{lee:${service}}`)
  const { context: newer } = await second.find('lee', service)
  held.release()

  assert.deepEqual((await late).context.headers, newer.headers)
  assert.deepEqual(await first.headers('lee', service), newer.headers)
  assert.equal(logins(), 2)
})

test('who waits for ten seconds is told that a login is under way, and who makes it gets it', async () => {
  const service = await house.profile()
  const held = outside.hold()
  const making = first.headers('lee', service)
  await held.came
  const waiting = await Promise.all([first, second].map((each) => refusalOf(each.headers('lee', service))))
  held.release()

  for (const refusal of waiting) assert.deepEqual(refusal, { type: 'login-in-progress', retryAfter: '1' })
  assert.deepEqual(await second.headers('lee', service), await making)
  assert.equal(logins(), 1)
})

test('who came while others waited is told after ten seconds of their own, and does not begin to wait anew', async (t) => {
  const service = await house.profile()
  const held = outside.hold()
  const making = first.headers('lee', service)
  await held.came
  let clock = 0
  let step = 1_000
  const read = t.mock.method(performance, 'now', () => {
    clock += step
    return clock
  })
  // Each of the two reads the clock for itself, and a flight for both.
  const waiting = [1, 2].map(() => refusalOf(second.headers('lee', service)))
  while (read.mock.callCount() < 3) await setTimeout(1)
  step = 1
  clock = Math.max(clock, 12_000)
  await waiting[0]
  step = 1_000
  const refusals = await Promise.all(waiting)

  for (const refusal of refusals) assert.deepEqual(refusal, { type: 'login-in-progress', retryAfter: '1' })
  assert.ok(clock < 20_000, `refused when the clock was at ${clock}`)
  held.release()
  await making
})

test('before the end of a process who makes a login is told too that it is under way, in time', async (t) => {
  const service = await house.profile()
  const held = outside.hold()
  const ending = house.contexts()
  const makes = refusalOf(ending.headers('lee', service))
  await held.came
  t.mock.timers.enable({ apis: ['setTimeout'] })
  ending.hurry()
  t.mock.timers.tick(8_000)
  t.mock.timers.reset()

  assert.deepEqual(await makes, { type: 'login-in-progress', retryAfter: '1' })
  held.release()
  await ending.close()
})

test('a login is good for its ttl, and no longer than the service says', async () => {
  const clock = Date.now()
  const own = house.contexts({ now: () => clock })
  for (const [expires_in, seconds] of [
    [900, 900],
    [90_000, 3_600],
  ] as const) {
    const service = await house.profile({ ttl: 3_600 })
    outside.next({ answer: { status: 200, body: { access_token: 'short', expires_in } } })
    assert.equal((await own.find('lee', service)).context.expires_at, clock + seconds * 1_000)
  }
})
