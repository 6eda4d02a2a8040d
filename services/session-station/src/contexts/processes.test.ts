import assert from 'node:assert/strict'
import { after, suite, type TestContext, test } from 'node:test'
import { RELEASE } from '@munjigi/store/redis-scripts'
import { contextsHouse, loginAt, redisUrl, renewing } from './house.fixture.ts'
import { outsideService } from './outside-service.fixture.ts'
import { stationProcess } from './station-process.fixture.ts'
import { tcpProxy } from './tcp-proxy.fixture.ts'

const house = await contextsHouse()
after(house.close)
const { databaseUrl = '', first, prefix, key } = house
const shared = databaseUrl && redisUrl ? { databaseUrl, redisUrl, prefix, key } : undefined
const needsBoth = { skip: shared ? false : 'PGlite and memory are in one process alone', concurrency: 4 }
const DUE_MS = 3_400_000

/** A process that speaks to the database and the store over wires of the test's own. */
async function victim(t: TestContext, aheadMs = 0) {
  const [database, store] = await Promise.all([tcpProxy(databaseUrl), tcpProxy(redisUrl ?? '')])
  const child = await stationProcess({ databaseUrl: database.url, redisUrl: store.url, prefix, key, aheadMs })
  t.after(async () => {
    await child.kill()
    await Promise.all([database.close(), store.close()])
  })
  return { child, database, store }
}

/** An outside service of this test's own, since tests of this suite run at the same time. */
async function ownOutside(t: TestContext) {
  const outside = await outsideService()
  t.after(outside.close)
  return outside
}

async function profileAt(url: string, renews = false): Promise<string> {
  return house.profile({ login_config: loginAt(url), refresh_config: renews ? renewing(url) : null })
}

const tokenOf = async (service: string) => (await first.headers('lee', service)).Authorization

suite('in several processes', needsBoth, () => {
  test('a hundred callers in two processes are one login', async (t) => {
    const outside = await ownOutside(t)
    const service = await profileAt(outside.url)
    const children = [await victim(t), await victim(t)]
    const answers = await Promise.all(children.map(({ child }) => child.ask(service, { callers: 50 })))

    assert.equal(outside.count('/login'), 1)
    assert.deepEqual(answers.flat(), Array(100).fill('Bearer access-1'))
  })

  test('forced logins at once in two processes are three at most', async (t) => {
    const outside = await ownOutside(t)
    const service = await profileAt(outside.url)
    const children = [await victim(t), await victim(t)]
    await tokenOf(service)
    const answers = await Promise.all(children.map(({ child }) => child.ask(service, { callers: 10, force: true })))

    assert.ok(outside.count('/login') <= 4)
    assert.ok(!answers.flat().includes('Bearer access-1'))
  })

  type Victim = Awaited<ReturnType<typeof victim>>
  type Outside = Awaited<ReturnType<typeof outsideService>>
  const deaths: [when: string, reach: (victim: Victim, outside: Outside) => Promise<void>, logins: number][] = [
    ['before its login is numbered', ({ database }) => database.heard('client', 'login_number + 1'), 1],
    ['before its login is read', (_victim, outside) => outside.hold('before').came, 2],
    ['after its login was granted', (_victim, outside) => outside.hold('after').came, 2],
    [
      'before it stores',
      ({ database }) => database.heard('client', 'insert into "session_station"."auth_contexts"'),
      2,
    ],
    ['after it stored', ({ database }) => database.heard('server', 'COMMIT\0'), 1],
    ['before it caches', ({ store }) => store.heard('client', 'ENC('), 1],
    ['before it gives its lease back', ({ store }) => store.heard('client', RELEASE.sha), 1],
  ]
  for (const [when, reach, logins] of deaths)
    test(`who is killed ${when} keeps nobody longer than its lease, and no stored login is made again`, async (t) => {
      const outside = await ownOutside(t)
      const service = await profileAt(outside.url)
      const dying = await victim(t)
      const reached = reach(dying, outside)
      void dying.child.ask(service)
      await reached
      const waiting = Array.from({ length: 10 }, () => tokenOf(service))
      await dying.child.kill()
      const tokens = await Promise.all(waiting)

      assert.equal(outside.count('/login'), logins)
      assert.equal(new Set(tokens).size, 1)
      assert.equal(await tokenOf(service), tokens[0])
    })

  test('who stands still while it stores locks nobody out for longer than its lease', async (t) => {
    const outside = await ownOutside(t)
    const service = await profileAt(outside.url)
    const { child, database } = await victim(t)
    const reached = database.heard('client', 'insert into "session_station"."auth_contexts"')
    void child.ask(service)
    await reached
    child.stop()

    assert.equal(await tokenOf(service), 'Bearer access-2')
  })

  const renewalDeaths = deaths.slice(2)
  for (const [when, reach] of renewalDeaths)
    test(`a refresh token is neither lost nor sent twice where its sender is killed ${when}`, async (t) => {
      const outside = await ownOutside(t)
      const service = await profileAt(outside.url, true)
      await tokenOf(service)
      const dying = await victim(t, DUE_MS)
      const reached = reach(dying, outside)
      void dying.child.ask(service)
      await reached
      await dying.child.kill()
      const next = house.contexts({ now: () => Date.now() + DUE_MS })
      await next.renew('lee', service)
      await next.renew('lee', service)

      assert.equal(outside.reuses(), 0)
      const stored = when.startsWith('after its') || when.startsWith('before it stores') ? 2 : 1
      assert.equal(outside.count('/login'), stored)
    })

  test('a late result of who stood still past its lease is refused, and its callers get the newer one', async (t) => {
    const outside = await ownOutside(t)
    const service = await profileAt(outside.url)
    const { child } = await victim(t)
    const held = outside.hold('after')
    const late = child.ask(service)
    await held.came
    child.stop()
    const token = await tokenOf(service)
    held.release()
    child.go()

    assert.equal(token, 'Bearer access-2')
    assert.deepEqual(await late, [token])
    assert.equal(await tokenOf(service), token)
    assert.equal(outside.count('/login'), 2)
  })
})
