import assert from 'node:assert/strict'
import { before, suite, test } from 'node:test'
import { eventually } from '@munjigi/testing/eventually'
import { type HousePeople, peopleOf } from './house-people.ts'
import { isGoodFor, until, untilTold } from './patience.ts'
import type { SeparateHouse } from './separate-house.ts'

/** Longer than the 5 s for which a record of somebody is fresh. */
const OUTDATED_MS = 6_000

export const badDays = (open: () => SeparateHouse) =>
  suite('bad days', () => {
    let house: SeparateHouse
    let people: HousePeople

    before(async () => {
      house = open()
      people = await peopleOf(house)
    })

    test('a change made at one gateway and user is told to the others', async () => {
      // Again with somebody else where the machine stood still for so long that they may have asked by themselves.
      await eventually(async () => {
        const person = await people.newPerson()
        for (const entrance of [house.gateway, house.secondGateway])
          assert.equal((await person.ask(entrance)).status, 200)
        await people.administer(house.secondGateway, `${person.sub}/disable`)

        await untilTold(() => person.ask(house.gateway), 403)
        assert.equal((await person.ask(house.gateway)).problem, 'account-disabled')
        await people.administer(house.gateway, `${person.sub}/enable`)
        await untilTold(() => person.ask(house.secondGateway), 401)
      })
    })

    const outages: [string, () => unknown, () => unknown][] = [
      [
        'is frozen',
        () => house.process('user').child.kill('SIGSTOP'),
        () => house.process('user').child.kill('SIGCONT'),
      ],
      ['answers after 3 s', () => house.toUser.delay(3_000), () => house.toUser.heal()],
      ['cannot be reached', () => house.toUser.cut(), () => house.toUser.heal()],
      ['is killed', () => house.process('user').child.kill('SIGKILL'), () => house.restart('user')],
    ]
    for (const [how, fail, heal] of outages)
      test(`user ${how}: who is known goes on, a stranger is told to wait, and it passes by itself`, async () => {
        const [known, stranger] = [await people.newPerson(), await people.newPerson()]
        assert.equal((await known.ask(house.gateway)).status, 200)
        await fail()

        const refused = await stranger.ask(house.gateway)
        assert.deepEqual([refused.status, refused.problem], [503, 'access-unknown'])
        await isGoodFor(() => known.ask(house.gateway), OUTDATED_MS)
        assert.equal((await house.gateway.ask('GET', '/healthz')).status, 200)
        assert.equal((await stranger.ask(house.secondGateway)).status, 200)
        await heal()
        await until(() => stranger.ask(house.gateway), 200)
        await until(() => house.ready('user'), 200)
      })

    const redisOutages: [string, () => unknown, () => unknown][] = [
      ['is frozen', () => house.redis.signal('SIGSTOP'), () => house.redis.signal('SIGCONT')],
      ['is killed', () => house.redis.signal('SIGKILL'), () => house.redis.restart()],
    ]
    for (const [how, fail, heal] of redisOutages)
      test(`Redis ${how}: people go on, changes still count, signing in says that it must wait`, async () => {
        const [person, other] = [await people.newPerson(), await people.newPerson()]
        const live = await people.liveSocket(person.token)
        assert.equal((await person.ask(house.secondGateway)).status, 200)
        await fail()

        await isGoodFor(() => other.ask(house.gateway), 1_000)
        const checks = { user: 'user-store', trace: 'trace-store', gateway: 'store' } as const
        for (const [name, check] of Object.entries(checks)) {
          const ready = await house.ready(name as keyof typeof checks)
          assert.equal(ready.status, 503, name)
          assert.notEqual(ready.checks[check], 'ok', name)
        }
        const login = await house.gateway.ask<string>('GET', '/api/auth/login/', { headers: { accept: 'text/html' } })
        assert.equal(login.status, 503)
        assert.match(login.body, /<html/i)
        await people.administer(house.gateway, `${person.sub}/disable`)
        await until(() => person.ask(house.secondGateway), 403)
        assert.equal(await live.closed, 4403)
        await heal()
        for (const name of ['user', 'trace', 'gateway', 'secondGateway'] as const)
          await until(() => house.ready(name), 200)
        assert.equal((await other.ask(house.secondGateway)).status, 200)
        // Messages come again too, which no probe tells.
        await eventually(async () => {
          const next = await people.newPerson()
          assert.equal((await next.ask(house.secondGateway)).status, 200)
          await people.administer(house.gateway, `${next.sub}/disable`)
          await untilTold(() => next.ask(house.secondGateway), 403)
        })
      })

    test('Redis is emptied: nobody is signed out, and who signed out stays so', async () => {
      const [person, gone] = [await people.newPerson(), await people.newPerson()]
      const refresh = ({ cookie }: { cookie: string }) =>
        house.gateway.ask('POST', '/api/auth/v1/refresh', { headers: { cookie, origin: 'http://localhost:9060' } })
      await house.gateway.ask('GET', '/api/auth/logout/', { headers: { cookie: gone.cookie } })
      await house.redis.flush()

      assert.equal((await person.ask(house.gateway)).status, 200)
      assert.equal((await refresh(person)).status, 200)
      assert.equal((await gone.ask(house.gateway)).problem, 'session-ended')
      assert.equal((await refresh(gone)).status, 401)
    })

    test('PostgreSQL is frozen: everything answers in time, readyz says what is wrong, and it passes by itself', async () => {
      const person = await people.newPerson()
      assert.equal((await person.ask(house.gateway)).status, 200)
      house.database.freeze()

      const refused = await person.ask(house.gateway)
      assert.ok(refused.status >= 500, `${refused.status}`)
      assert.ok(refused.problem)
      for (const [name, check] of [
        ['user', 'user-database'],
        ['meal', 'meal-database'],
        ['trace', 'trace-database'],
      ] as const) {
        const ready = await house.ready(name)
        assert.equal(ready.status, 503, name)
        assert.notEqual(ready.checks[check], 'ok', name)
      }
      await isGoodFor(() => person.ask(house.gateway, '/api/trace/openapi.json'), OUTDATED_MS)
      house.database.heal()
      await until(() => person.ask(house.gateway), 200)
      for (const name of ['user', 'meal', 'trace'] as const) await until(() => house.ready(name), 200)
    })

    test('a service that starts while PostgreSQL hangs is ready as soon as it can be', async (t) => {
      t.after(house.database.heal)
      house.database.freeze()
      const starting = house.restart('trace')
      await isGoodFor(() => house.gateway.ask('GET', '/healthz'), 4_000)
      house.database.heal()

      await starting
    })

    for (const [how, fail] of [
      ['is gone', () => house.idp.cut()],
      ['hangs', () => house.idp.freeze()],
    ] as const)
      test(`the IdP ${how}: who is signed in goes on, and who signs in gets a page or the IdP itself`, async (t) => {
        t.after(house.idp.heal)
        const person = await people.newPerson()
        fail()
        // What it read of the IdP before would carry a sign-in as far as the IdP's own page.
        await house.restart('user')

        const headers = { accept: 'text/html', 'accept-language': 'ko' }
        const login = await house.gateway.ask<string>('GET', '/api/auth/login/', { headers })
        assert.equal(login.status, 503)
        assert.match(login.body, /lang="ko"/)
        await isGoodFor(() => person.ask(house.gateway), 1_000)
        const refreshing = { headers: { cookie: person.cookie, origin: 'http://localhost:9060' } }
        assert.equal((await house.gateway.ask('POST', '/api/auth/v1/refresh', refreshing)).status, 200)
        house.idp.heal()
        await until(() => house.gateway.ask('GET', '/api/auth/login/', { headers }), 302)
      })
  })
