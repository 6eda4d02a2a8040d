import assert from 'node:assert/strict'
import { after, before, type TestContext, test } from 'node:test'
import { Problem } from '@munjigi/problem'
import { memoryStore } from '@munjigi/store/memory'
import type { Limit, Store } from '@munjigi/store/store'
import { refusalOf } from '../refusal.fixture.ts'
import { attemptLimits } from './attempt-limits.ts'
import { newAddress, PASSWORD, send, type TestPasswords, testPasswords, tokensOf } from './passwords.fixture.ts'

const WRONG = 'another-password'
const EMAIL = 'somebody@munjigi.test'

/** Whether an attempt may be made, or in how many seconds. */
async function ask(
  limits: ReturnType<typeof attemptLimits>,
  attempt: { email?: string; origin?: string; isKnown?: boolean } = {},
) {
  try {
    const begun = await limits.begin({ email: EMAIL, origin: crypto.randomUUID(), isKnown: false, ...attempt })
    begun.fail()
    return 'tried'
  } catch (error) {
    assert.ok(error instanceof Problem && error.status === 429 && error.type === 'too-many-attempts')
    return Number(error.headers['retry-after'])
  }
}

/** What strangers have failed at an account before anybody limited them; the next one of them makes others wait a minute. */
async function failLongAgo(store: Store, email = EMAIL) {
  const admit = (given: readonly Limit[]) => store.admit(given.map((limit) => ({ ...limit, max: 1_000 })))
  const limits = attemptLimits({ ...store, admit })
  for (let each = 0; each < 20; each += 1) assert.equal(await ask(limits, { email }), 'tried')
  await limits.close()
}

function limitsAtRest(t: TestContext) {
  t.mock.timers.enable({ apis: ['Date'], now: 1_800_000_000_000 })
  const store = memoryStore()
  const limits = attemptLimits(store)
  t.after(() => Promise.all([store.close(), limits.close()]))
  return { store, limits }
}

test('an account waits longer after each attempt, at last a minute, and is never locked', async (t) => {
  const { limits } = limitsAtRest(t)
  for (let each = 0; each < 5; each += 1) assert.equal(await ask(limits), 'tried')
  const waits = []
  for (let each = 0; each < 9; each += 1) {
    assert.equal(await ask(limits), 'tried')
    const wait = Number(await ask(limits))
    waits.push(wait)
    t.mock.timers.tick(wait * 1000)
  }

  assert.deepEqual(waits, [1, 2, 4, 8, 16, 32, 60, 60, 60])
})

test('of fifty at once, each at another process, no more are tried than of one after another', async (t) => {
  const { store } = limitsAtRest(t)
  const processes = Array.from({ length: 50 }, () => attemptLimits(store))
  const answers = await Promise.all(processes.map((limits) => ask(limits)))
  await Promise.all(processes.map((limits) => limits.close()))

  assert.deepEqual(answers.sort(), [...Array(44).fill(1), ...Array(6).fill('tried')])
})

test('where an account has signed in from it is counted apart, so that strangers keep nobody out', async (t) => {
  const { limits, store } = limitsAtRest(t)
  await failLongAgo(store)
  assert.equal(await ask(limits), 'tried')

  assert.equal(await ask(limits), 60)
  assert.equal(await ask(limits, { origin: 'home', isKnown: true }), 'tried')
  assert.equal(await ask(limits, { origin: 'office', isKnown: true }), 'tried')
})

test('one origin may fail fifty times in ten minutes, with whatever accounts, and right ones do not count', async (t) => {
  const { limits } = limitsAtRest(t)
  for (let each = 0; each < 60; each += 1) {
    const attempt = await limits.begin({ email: EMAIL, origin: 'one', isKnown: false })
    await attempt.succeed()
  }
  for (let each = 0; each < 50; each += 1)
    assert.equal(await ask(limits, { email: `${each}@x`, origin: 'one' }), 'tried')

  assert.equal(await ask(limits, { email: '51@x', origin: 'one' }), 600)
  assert.equal(await ask(limits, { email: '51@x', origin: 'other' }), 'tried')
  assert.equal(await ask(limits, { email: '51@x', origin: 'one', isKnown: true }), 'tried')
  t.mock.timers.tick(600_000)
  assert.equal(await ask(limits, { email: '52@x', origin: 'one' }), 'tried')
})

test('all strangers together may fail six hundred times a minute, which keeps nobody out who is known', async (t) => {
  const { limits } = limitsAtRest(t)
  for (let each = 0; each < 600; each += 1) assert.equal(await ask(limits, { email: `${each}@x` }), 'tried')

  assert.equal(await ask(limits, { email: 'last@x' }), 60)
  assert.equal(await ask(limits, { email: 'last@x', isKnown: true }), 'tried')
  t.mock.timers.tick(60_000)
  assert.equal(await ask(limits, { email: 'last@x' }), 'tried')
})

test('the networks of one site together may fail a hundred times in ten minutes, and so leave the others their turns', async (t) => {
  const { limits } = limitsAtRest(t)
  const networkAt = (site: string, each: number) => `2001:db8:${site}:${each.toString(16)}::/64`
  const askFrom = (origin: string, isKnown = false) => ask(limits, { email: `${origin}@x`, origin, isKnown })
  const answers = []
  for (let each = 0; each < 700; each += 1) answers.push(await askFrom(networkAt('1', each)))

  assert.deepEqual(answers, [...Array(100).fill('tried'), ...Array(600).fill(600)])
  assert.equal(await askFrom(networkAt('1', 0), true), 'tried')
  assert.equal(await askFrom(networkAt('2', 0)), 'tried')
  assert.equal(await askFrom('203.0.113.7'), 'tried')
  t.mock.timers.tick(600_000)
  assert.equal(await askFrom(networkAt('1', 0)), 'tried')
})

test('an attempt that was not tried is given back to its origin, and not to the account', async (t) => {
  const { limits } = limitsAtRest(t)
  for (let each = 0; each < 5; each += 1)
    await (await limits.begin({ email: EMAIL, origin: 'one', isKnown: false })).release()
  assert.equal(await ask(limits, { origin: 'one' }), 'tried')

  assert.equal(await ask(limits, { origin: 'one' }), 1)
  for (let each = 1; each < 50; each += 1)
    assert.equal(await ask(limits, { email: `${each}@x`, origin: 'one' }), 'tried')
  assert.equal(await ask(limits, { email: 'last@x', origin: 'one' }), 600)
})

test('whoever tries one account on and on keeps nobody else of their network out', async (t) => {
  const { limits } = limitsAtRest(t)
  const office = { origin: 'office', isKnown: true }
  for (let each = 0; each < 200; each += 1) await ask(limits, { ...office, email: 'stale@x' })

  assert.equal(await ask(limits, { ...office, email: 'other@x' }), 'tried')
})

test('an account that is known at very many addresses keeps nobody out who is known', async (t) => {
  const { limits } = limitsAtRest(t)
  for (let each = 0; each < 601; each += 1)
    assert.equal(await ask(limits, { email: `${each % 6}@x`, origin: `o${each}`, isKnown: true }), 'tried')

  assert.equal(await ask(limits, { email: 'last@x', isKnown: true }), 'tried')
})

let house: TestPasswords
before(async () => {
  house = await testPasswords()
})
after(() => house.service.close())

const statusOf = async (email: string, password: string, headers = newAddress(), at?: string) =>
  (await house.login({ email, password }, headers, at)).status

/** For a minute no stranger is heard. */
async function shutStrangersOut(email: string) {
  const limits = attemptLimits(house.service.store)
  await failLongAgo(house.service.store, email)
  assert.equal(await ask(limits, { email }), 'tried')
  await limits.close()
}

test('too many attempts are 429 with Retry-After, for the right password too and for e-mails that nobody has', async () => {
  const { email } = await house.person()
  for (const each of [email, 'nobody@munjigi.test']) {
    await shutStrangersOut(each)
    const refused = await house.login({ email: each.toUpperCase(), password: PASSWORD }, newAddress())

    assert.match(refused.headers.get('retry-after') ?? '', /^[1-9]\d?$/)
    assert.deepEqual(await refusalOf(refused), [429, 'too-many-attempts'])
  }
})

test('of fifty guesses at once from everywhere the first five are tried, and others as the wait allows', async () => {
  const { email } = await house.person()
  const statuses = await Promise.all(Array.from({ length: 50 }, () => statusOf(email, WRONG)))
  const tried = statuses.filter((status) => status === 401).length

  // After a second, two more, four more: a fifteenth would take five minutes.
  assert.ok(tried >= 5 && tried < 15, `${tried}`)
  assert.deepEqual(new Set(statuses), new Set([401, 429]))
})

test('of twenty right passwords at once from a new address each signs in', async () => {
  const { email } = await house.person()
  const there = newAddress()
  const statuses = await Promise.all(Array.from({ length: 20 }, () => statusOf(email, PASSWORD, there)))

  assert.deepEqual(new Set(statuses), new Set([200]))
})

test('of very many attempts at one account those that find no place to wait are refused at once', async (t) => {
  const { limits } = limitsAtRest(t)
  const begin = () => limits.begin({ email: EMAIL, origin: 'one', isKnown: true })
  const running = [await begin(), await begin()]
  const waiting = Array.from({ length: 64 }, begin)
  assert.equal(await ask(limits, { origin: 'one', isKnown: true }), 1)
  for (const attempt of running) await attempt.succeed()
  for (const attempt of waiting) await (await attempt).succeed()

  assert.equal(await ask(limits, { origin: 'one', isKnown: true }), 'tried')
})

test('whoever has signed in from an address gets in from there while strangers are kept waiting', async () => {
  const { email } = await house.person()
  const home = { 'x-real-ip': '2001:db8:77:1::5' }
  const sameNetwork = { 'x-real-ip': '2001:db8:77:1::6' }
  assert.equal(await statusOf(email, PASSWORD, home), 200)
  await shutStrangersOut(email)

  assert.equal(await statusOf(email, PASSWORD), 429)
  assert.equal(await statusOf(email, PASSWORD, home), 200)
  assert.equal(await statusOf(email, PASSWORD, sameNetwork), 200)
})

test('an address that was last used a month ago is a stranger again', async () => {
  const { sub, email } = await house.person()
  const home = newAddress()
  assert.equal(await statusOf(email, PASSWORD, home), 200)
  await house.service.db
    .updateTable('password_origins')
    .set({ last_signed_in_at: new Date(Date.now() - 31 * 86_400_000) })
    .where('person_sub', '=', sub)
    .execute()
  await shutStrangersOut(email)

  assert.equal(await statusOf(email, PASSWORD, home), 429)
})

test('a right password forgets the failures before it', async () => {
  const { email } = await house.person()
  const home = newAddress()
  for (let round = 0; round < 3; round += 1) {
    for (let each = 0; each < 4; each += 1) assert.equal(await statusOf(email, WRONG, home), 401)
    assert.equal(await statusOf(email, PASSWORD, home), 200)
  }
})

test('a wrong current password is an attempt like those at signing in', async () => {
  const { sub, email } = await house.person()
  const { access_token } = await tokensOf(await house.login({ email, password: PASSWORD }))
  const change = (current_password: string) =>
    send(
      'PUT',
      `${house.service.url}/api/auth/v1/password`,
      { current_password, new_password: 'a-new-password' },
      { authorization: `Bearer ${access_token}`, 'x-user-sub': sub, ...newAddress() },
    )
  assert.deepEqual(await refusalOf(await change(WRONG)), [403, 'password-wrong'])
  await shutStrangersOut(email)

  assert.deepEqual(await refusalOf(await change(PASSWORD)), [429, 'too-many-attempts'])
})

test('without its store the process counts by itself, and signing in goes on', async () => {
  const gone = memoryStore()
  await gone.close()
  const at = await house.service.start({ store: gone })
  const { email } = await house.person()

  assert.equal(await statusOf(email, PASSWORD, newAddress(), at), 200)
  const stranger = await house.person()
  const statuses = await Promise.all(
    Array.from({ length: 50 }, () => statusOf(stranger.email, WRONG, newAddress(), at)),
  )
  assert.deepEqual(new Set(statuses), new Set([401, 429]))
  assert.ok(statuses.filter((status) => status === 401).length < 15)
})
