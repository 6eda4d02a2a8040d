import assert from 'node:assert/strict'
import { after, beforeEach, type TestContext, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { connect } from '@munjigi/db/connect'
import { redisStore } from '@munjigi/store/redis'
import { sql } from 'kysely'
import { ownProfiles } from '../profiles/own-profiles.ts'
import { servingHandle } from '../serving-handle.ts'
import type { Contexts } from './contexts.ts'
import { contextsHouse, movedClock, redisUrl, refusalOf, renewing } from './house.fixture.ts'
import { tcpProxy } from './tcp-proxy.fixture.ts'
import { untilAnswers } from './until-answers.fixture.ts'

const house = await contextsHouse()
const { outside, prefix, databaseUrl } = house
after(house.close)
beforeEach(() => outside.reset())

const needsRedis = { skip: redisUrl ? false : 'MUNJIGI_TEST_REDIS_URL is not set' }
const needsPostgres = { skip: databaseUrl ? false : 'MUNJIGI_TEST_DATABASE_URL is not set' }
const needsBoth = { skip: redisUrl && databaseUrl ? false : 'the URLs of test services are not set' }
const owner = 'lee'
const keyed = (key: string) => [
  { source_field: 'access_token', target: 'header' as const, key, value_template: '{access_token}', required: true },
]

/**
 * What is promised of an outage is an answer, or a refusal, within a second. A busy machine is given four, in parts so that
 * time in which this process stood still counts little: still less than a lease, or the longest wait for somebody's login.
 */
async function inTime<Result>(work: Promise<Result>): Promise<Result> {
  return Promise.race([work, late()])
}

async function late(): Promise<never> {
  for (let part = 0; part < 20; part += 1) await pause(200, undefined, { ref: false })
  throw new Error('no answer in time')
}

/** Two processes' worth behind one wire to the store. */
async function behindStoreWire(t: TestContext) {
  const wire = await tcpProxy(redisUrl ?? '')
  const stores = [redisStore(wire.url, prefix), redisStore(wire.url, prefix)] as const
  const both = [house.contexts({ store: stores[0] }), house.contexts({ store: stores[1] })] as const
  t.after(async () => {
    await Promise.all(both.map((each) => each.close()))
    await Promise.all(stores.map((each) => each.close()))
    await wire.close()
  })
  await Promise.all(stores.map(({ isAlive }) => untilAnswers(isAlive)))
  return { wire, stores, both }
}

for (const how of ['cut', 'frozen'] as const) {
  test(`with the store ${how} what is there is answered in time, and nobody logs in for it`, needsRedis, async (t) => {
    const { wire, stores, both } = await behindStoreWire(t)
    const service = await house.profile()
    const headers = await both[0].headers(owner, service)
    wire.set(how)
    for (const contexts of [both[0], both[1], both[0], both[1]])
      assert.deepEqual(await inTime(contexts.headers(owner, service)), headers)

    assert.equal(outside.count('/login'), 1)
    wire.set('open')
    await Promise.all(stores.map(({ isAlive }) => untilAnswers(isAlive)))
    for (const contexts of both) assert.deepEqual(await contexts.headers(owner, service), headers)
    assert.equal(outside.count('/login'), 1)
  })

  test(`with the store ${how} logins go on, one in each process at most`, needsRedis, async (t) => {
    const { wire, both } = await behindStoreWire(t)
    const service = await house.profile()
    wire.set(how)
    const calls = Array.from({ length: 20 }, (_, index) =>
      inTime((both[index % 2] as Contexts).headers(owner, service)),
    )
    const answers = await Promise.all(calls)

    assert.ok(outside.count('/login') <= 2)
    assert.ok(answers.every(({ Authorization }) => Authorization))
    const latest = await inTime(both[0].headers(owner, service))
    assert.deepEqual(await inTime(both[1].headers(owner, service)), latest)
    assert.ok(outside.count('/login') <= 2)
  })
}

test(
  'a change made while the store is away is felt at once, and stays when the store is back with what it had',
  needsRedis,
  async (t) => {
    const { wire, stores, both } = await behindStoreWire(t)
    const service = await house.profile()
    await Promise.all(both.map((each) => each.headers(owner, service)))
    wire.set('frozen')
    const profiles = ownProfiles({ db: house.db, sealing: house.sealing, contexts: both[0] })
    await profiles.change(owner, service, { injection_rules: keyed('x-changed') })

    for (const contexts of both) assert.deepEqual(Object.keys(await contexts.headers(owner, service)), ['x-changed'])
    wire.set('open')
    await Promise.all(stores.map(({ isAlive }) => untilAnswers(isAlive)))
    for (const contexts of both) assert.deepEqual(Object.keys(await contexts.headers(owner, service)), ['x-changed'])
  },
)

test('forced and renewed logins need no store', needsRedis, async (t) => {
  const { wire, both } = await behindStoreWire(t)
  const service = await house.profile({ refresh_config: renewing(outside.url) })
  const { context } = await both[0].find(owner, service)
  wire.set('cut')
  const renewed = await both[1].renew(owner, service)
  const forced = await both[0].find(owner, service, { force: true })
  await both[0].keepCookies(owner, service, forced.context, new URL('/x', outside.url), ['a=1'])

  assert.deepEqual([context.made_by, renewed.made_by, forced.context.made_by], ['login', 'refresh', 'login'])
  assert.match((await both[0].find(owner, service)).context.jar ?? '', /"a"/)
})

test('a service that starts without a store logs in, and uses the store when it comes', needsRedis, async (t) => {
  const wire = await tcpProxy(redisUrl ?? '')
  wire.set('cut')
  const store = redisStore(wire.url, prefix)
  const contexts = house.contexts({ store })
  t.after(async () => {
    await contexts.close()
    await store.close()
    await wire.close()
  })
  const service = await house.profile()
  const headers = await inTime(contexts.headers(owner, service))
  wire.set('open')
  await untilAnswers(store.isAlive)

  assert.deepEqual(await contexts.headers(owner, service), headers)
  assert.deepEqual(await house.first.headers(owner, service), headers)
  assert.equal(outside.count('/login'), 1)
})

/** A process's worth behind a wire to the database of its own. */
async function behindDatabaseWire(t: TestContext, now = Date.now) {
  const wire = await tcpProxy(databaseUrl ?? '')
  const database = connect(wire.url)
  const db = servingHandle(database)
  const contexts = house.contexts({ db, now })
  t.after(async () => {
    await contexts.close()
    await database.close()
    await wire.close()
  })
  await untilAnswers(() => sql`select`.execute(db))
  return { wire, contexts }
}

for (const how of ['cut', 'frozen'] as const)
  test(
    `with the database ${how} what is cached is answered, and the rest refused in time until it is back`,
    needsPostgres,
    async (t) => {
      const { now, move } = movedClock()
      const { wire, contexts } = await behindDatabaseWire(t, now)
      const [warm, cold] = [await house.profile(), await house.profile()]
      const headers = await contexts.headers(owner, warm)
      wire.set(how)
      move(60)

      assert.deepEqual(await inTime(contexts.headers(owner, warm)), headers)
      assert.deepEqual(await inTime(contexts.headers(owner, warm)), headers)
      await assert.rejects(inTime(contexts.headers(owner, cold)), { statusCode: 503 })
      await assert.rejects(inTime(contexts.find(owner, warm, { force: true })), { statusCode: 503 })
      assert.equal(outside.count('/login'), 1)
      wire.set('open')
      assert.ok((await contexts.headers(owner, cold)).Authorization)
    },
  )

test('what is due is answered as it is while the database is away', needsPostgres, async (t) => {
  const { now, move } = movedClock()
  const { wire, contexts } = await behindDatabaseWire(t, now)
  const service = await house.profile({ refresh_config: renewing(outside.url) })
  const headers = await contexts.headers(owner, service)
  move(3_400)
  wire.set('cut')
  assert.deepEqual(await inTime(contexts.headers(owner, service)), headers)
  wire.set('open')

  assert.notDeepEqual(await contexts.headers(owner, service), headers)
  assert.deepEqual([outside.count('/login'), outside.count('/refresh')], [1, 1])
})

test(
  'an answer that could not be stored is stored by the next call, and the target is not asked again',
  needsPostgres,
  async (t) => {
    const { wire, contexts } = await behindDatabaseWire(t)
    const service = await house.profile()
    const held = outside.hold('after')
    const asking = refusalOf(contexts.headers(owner, service))
    await held.came
    wire.set('cut')
    held.release()
    assert.match((await asking).type, /ECONN|terminated|connect/i)
    wire.set('open')

    assert.ok((await contexts.headers(owner, service)).Authorization)
    assert.equal(outside.count('/login'), 1)
  },
)

for (const how of ['cut', 'frozen'] as const)
  test(
    `with store and database ${how} what a process knows is answered, and the rest refused`,
    needsBoth,
    async (t) => {
      const database = await tcpProxy(databaseUrl ?? '')
      const store = await tcpProxy(redisUrl ?? '')
      const pool = connect(database.url)
      const keys = redisStore(store.url, prefix)
      const { now, move } = movedClock()
      const db = servingHandle(pool)
      const contexts = house.contexts({ db, store: keys, now })
      t.after(async () => {
        await contexts.close()
        await Promise.all([pool.close(), keys.close()])
        await Promise.all([database.close(), store.close()])
      })
      await Promise.all([untilAnswers(keys.isAlive), untilAnswers(() => sql`select`.execute(db))])
      const [warm, cold] = [await house.profile(), await house.profile()]
      const headers = await contexts.headers(owner, warm)
      for (const wire of [database, store]) wire.set(how)
      assert.deepEqual(await contexts.headers(owner, warm), headers)

      assert.deepEqual(await inTime(contexts.headers(owner, warm)), headers)
      await assert.rejects(inTime(contexts.headers(owner, cold)), { statusCode: 503 })
      await assert.rejects(inTime(contexts.find(owner, warm, { force: true })), { statusCode: 503 })
      move(3_600)
      await assert.rejects(inTime(contexts.headers(owner, warm)), { statusCode: 503 })
    },
  )

async function setReadOnly(to: 'on' | 'off') {
  const superuserUrl = process.env.MUNJIGI_TEST_DATABASE_URL ?? ''
  const login = new URL(databaseUrl ?? '').username
  const database = connect(superuserUrl)
  const change = sql`alter role ${sql.id(login)} set default_transaction_read_only = ${sql.raw(to)}`
  await change.execute(database.as(new URL(superuserUrl).username)).finally(database.close)
}

test('a database that takes no writes still lets in by what it has', needsPostgres, async (t) => {
  const [known, cold] = [await house.profile(), await house.profile()]
  const headers = await house.first.headers(owner, known)
  await setReadOnly('on')
  t.after(() => setReadOnly('off'))
  const { contexts } = await behindDatabaseWire(t)

  assert.deepEqual(await inTime(contexts.headers(owner, known)), headers)
  await house.store.remove(`auth_context:{lee:${known}}`)
  assert.deepEqual(await inTime(contexts.headers(owner, known)), headers)
  await assert.rejects(inTime(contexts.headers(owner, cold)), { statusCode: 503 })
  assert.equal(outside.count('/login'), 1)
})
