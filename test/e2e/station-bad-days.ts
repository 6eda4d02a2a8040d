import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { after, before, beforeEach, suite, test } from 'node:test'
import { type DevTarget, startDevTarget } from '@munjigi/dev-target/dev-target'
import { load } from './load.ts'
import { outsideProfiles } from './outside-profiles.ts'
import { isGoodFor, until } from './patience.ts'
import { type ProfileOwner, profileOwner, STATION } from './profile-owner.ts'
import type { SeparateHouse } from './separate-house.ts'

/** Longer than the 5 s for which what is known of somebody is fresh. */
const OUTDATED_MS = 6_000

export const stationBadDays = (open: () => SeparateHouse) =>
  suite('session-station on bad days', () => {
    let house: SeparateHouse
    let outside: DevTarget
    let owner: ProfileOwner
    let asShipped: string

    before(async () => {
      house = open()
      outside = await startDevTarget()
      asShipped = readFileSync(house.servicesFile, 'utf8')
    })
    after(async () => {
      await outside?.close()
    })
    beforeEach(async () => {
      owner = await profileOwner({ ...house.gateway, provider: house.provider })
      await owner.keeps(Object.values(outsideProfiles(outside.url)))
    })

    const read = (kind = 'bearer') => owner.asks('GET', `/proxy/${kind}/${kind}/data`)
    const headers = (kind = 'bearer') => owner.asks('GET', `/auth-context/${kind}/headers`)

    for (const [how, fail] of [
      ['is frozen', () => house.database.freeze()],
      ['is gone', () => house.database.cut()],
    ] as const)
      test(`PostgreSQL ${how}: who is logged in reads on, and logins go on without a restart when it is back`, async (t) => {
        t.after(house.database.heal)
        assert.equal((await read()).status, 200)
        fail()

        await isGoodFor(() => read(), OUTDATED_MS)
        await isGoodFor(() => headers(), 1_000)
        const cold = await read('form')
        assert.ok(cold.status >= 500, String(cold.status))
        assert.notEqual(cold.problem, 'internal')
        assert.equal((await house.ready('station')).status, 503)
        house.database.heal()
        await until(() => read('form'), 200)
        await until(() => house.ready('station'), 200)
      })

    for (const [how, fail, heal] of [
      ['is frozen', () => house.redis.signal('SIGSTOP'), () => house.redis.signal('SIGCONT')],
      ['is killed', () => house.redis.signal('SIGKILL'), () => house.redis.restart()],
    ] as const)
      test(`Redis ${how}: who is logged in reads on, and new logins are made`, async () => {
        assert.equal((await read()).status, 200)
        const { bearer } = outside.logins()
        await fail()

        assert.equal((await read()).status, 200)
        assert.equal((await read('form')).status, 200)
        assert.equal(outside.logins().bearer, bearer)
        await heal()
        for (const name of ['user', 'station', 'gateway'] as const) await until(() => house.ready(name), 200)
        assert.equal((await read('cookie')).status, 200)
      })

    test('Redis is emptied: nobody is logged in anew', async () => {
      assert.equal((await read()).status, 200)
      const { bearer } = outside.logins()
      await house.redis.flush()

      assert.equal((await read()).status, 200)
      assert.equal(outside.logins().bearer, bearer)
    })

    test('a thousand callers of a cold profile in two processes cause one login', async () => {
      await house.restart('userHost')
      const { oauth } = outside.logins()
      const ask = async (at: 'station' | 'userHost') => {
        const { status } = await fetch(`${house.urlOf(at)}${STATION}/auth-context/oauth/headers`, {
          headers: { authorization: `Bearer ${owner.token}`, 'x-user-sub': owner.sub },
        })
        return status
      }
      const answers = await Promise.all(Array.from({ length: 1_000 }, (_, at) => ask(at % 2 ? 'station' : 'userHost')))

      assert.deepEqual([...new Set(answers)], [200])
      assert.equal(outside.logins().oauth, oauth + 1)
    })

    test('the process of user takes it over, its own is ended, and it comes back: no request fails', async (t) => {
      const place = (host: string) =>
        writeFileSync(house.servicesFile, asShipped.replace(/host: \$\{SESSION_STATION_URL.*\}/, `host: ${host}`))
      const requests = async (name: 'station' | 'userHost') => {
        const text = await (await fetch(`${house.urlOf(name)}/metrics`)).text()
        const counts = text.matchAll(
          /^http_request_duration_seconds_count\{[^}]*route="\/api\/session-station[^}]*\} (\d+)$/gm,
        )
        return [...counts].reduce((sum, [, count]) => sum + Number(count), 0)
      }
      const become = async (wanted: () => Promise<boolean>) => {
        while (!(await wanted()));
      }
      await house.restart('userHost')
      assert.equal((await read()).status, 200)
      const { bearer } = outside.logins()
      const stepsOf = () => [
        () => read(),
        () => headers(),
        () => owner.asks('POST', '/proxy/bearer/bearer/echo', { a: 1 }),
      ]
      const running = load({ callers: 6, stepsOf, pace: () => house.gateway.ask('GET', '/healthz') })
      t.after(running.end)
      const before = await requests('station')
      await become(async () => (await requests('station')) > before + 50)

      place(house.urlOf('userHost'))
      await become(async () => (await requests('userHost')) > 100)
      const { child, exited } = house.process('station')
      child.kill('SIGTERM')
      assert.equal(await exited, 0)
      const doneWithout = running.done()
      await running.untilDone(() => running.done() > doneWithout + 100)
      await house.restart('station')
      place(house.urlOf('station'))
      await become(async () => (await requests('station')) > 50)
      assert.deepEqual(await running.end(), [])
      assert.equal(outside.logins().bearer, bearer)
    })
  })
