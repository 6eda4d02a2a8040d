import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { request } from 'node:https'
import { after, before, suite, test } from 'node:test'
import type { Me } from '@munjigi/contracts/people'
import { SEEDED_PASSWORD } from '@munjigi/testing/provider'
import { openSocket } from './live-socket.ts'
import { type Entrance, type SeparateHouse, separateHouse } from './separate-house.ts'

const { MUNJIGI_TEST_DATABASE_URL, MUNJIGI_TEST_REDIS_URL } = process.env
const FRESH_MS = 5_000
const LIMIT = { timeout: 90_000 }
const TRACES = '/api/trace/v1/traces'
const skip = MUNJIGI_TEST_DATABASE_URL === undefined || MUNJIGI_TEST_REDIS_URL === undefined

suite('bad days, in processes of their own on PostgreSQL and Redis', { skip }, () => {
  let house: SeparateHouse
  let administrator: string

  before(async () => {
    house = await separateHouse(MUNJIGI_TEST_DATABASE_URL as string)
    administrator = await house.gateway.door.signIn('admin.park', SEEDED_PASSWORD)
  })
  after(() => house?.[Symbol.asyncDispose]())

  const administer = async (entrance: Entrance, path: string) => {
    const { status } = await entrance.ask('POST', `/api/admin/v1/people/${path}`, { token: administrator })
    assert.equal(status, 200, path)
  }

  /** Somebody who was approved and is remembered by neither gateway until they ask it. */
  async function newPerson() {
    const username = `e2e-${randomUUID()}`
    await house.provider.addUser({ username, password: 'pw' })
    const { token, cookie } = await house.gateway.door.openSession(username, 'pw')
    const [, claims = ''] = token.split('.')
    const { sub } = JSON.parse(Buffer.from(claims, 'base64url').toString()) as Me
    await administer(house.secondGateway, `${sub}/approve`)
    const ask = (entrance: Entrance, path = TRACES) => entrance.ask('GET', path, { token })
    return { username, sub, token, cookie, ask }
  }

  /** Asks again and again until the answer is that; the caller's own patience holds each one to 2 s. */
  async function until(ask: () => Promise<{ status: number }>, status: number, withinMs: number) {
    const limit = performance.now() + withinMs
    for (;;) {
      const answer = await ask()
      if (answer.status === status) return
      assert.ok(performance.now() < limit, `still ${answer.status} after ${withinMs} ms`)
    }
  }

  async function isGoodFor(ask: () => Promise<{ status: number; problem: string | undefined }>, ms: number) {
    const limit = performance.now() + ms
    while (performance.now() < limit) {
      const { status, problem } = await ask()
      assert.equal(status, 200, problem)
    }
  }

  test('a change made at one gateway and user is known at the others within a second', LIMIT, async () => {
    const person = await newPerson()
    for (const entrance of [house.gateway, house.secondGateway]) assert.equal((await person.ask(entrance)).status, 200)
    await administer(house.secondGateway, `${person.sub}/disable`)

    await until(() => person.ask(house.gateway), 403, 1_000)
    assert.equal((await person.ask(house.gateway)).problem, 'account-disabled')
    await administer(house.gateway, `${person.sub}/enable`)
    await until(() => person.ask(house.secondGateway), 401, 1_000)
  })

  const outages: [string, () => unknown, () => unknown][] = [
    ['is frozen', () => house.process('user').child.kill('SIGSTOP'), () => house.process('user').child.kill('SIGCONT')],
    ['answers after 3 s', () => house.toUser.delay(3_000), () => house.toUser.heal()],
    ['cannot be reached', () => house.toUser.cut(), () => house.toUser.heal()],
    ['is killed', () => house.process('user').child.kill('SIGKILL'), () => house.restart('user')],
  ]
  for (const [how, fail, heal] of outages)
    test(`user ${how}: who is known goes on, a stranger is told to wait, and it passes by itself`, LIMIT, async () => {
      const [known, stranger] = [await newPerson(), await newPerson()]
      assert.equal((await known.ask(house.gateway)).status, 200)
      await fail()

      const refused = await stranger.ask(house.gateway)
      assert.deepEqual([refused.status, refused.problem], [503, 'access-unknown'])
      await isGoodFor(() => known.ask(house.gateway), FRESH_MS + 2_000)
      assert.equal((await house.gateway.ask('GET', '/healthz')).status, 200)
      assert.equal((await stranger.ask(house.secondGateway)).status, 200)
      await heal()
      await until(() => stranger.ask(house.gateway), 200, 5_000)
      await until(() => house.ready('user'), 200, 5_000)
    })

  const redisOutages: [string, () => unknown, () => unknown][] = [
    ['is frozen', () => house.redis.signal('SIGSTOP'), () => house.redis.signal('SIGCONT')],
    ['is killed', () => house.redis.signal('SIGKILL'), () => house.redis.restart()],
  ]
  for (const [how, fail, heal] of redisOutages)
    test(`Redis ${how}: people go on, changes still count, signing in says that it must wait`, LIMIT, async () => {
      const [person, other] = [await newPerson(), await newPerson()]
      const live = await liveSocket(person.token)
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
      await administer(house.gateway, `${person.sub}/disable`)
      await until(() => person.ask(house.secondGateway), 403, FRESH_MS + 2_000)
      assert.equal(await live.closed, 4403)
      await heal()
      for (const name of ['user', 'trace', 'gateway', 'secondGateway'] as const)
        await until(() => house.ready(name), 200, 10_000)
      assert.equal((await other.ask(house.secondGateway)).status, 200)
      await administer(house.gateway, `${other.sub}/disable`)
      await until(() => other.ask(house.secondGateway), 403, 1_000)
    })

  async function liveSocket(token: string) {
    const trace = randomUUID()
    const body = { level: 'info', message: 'first' }
    await house.gateway.ask('POST', `${TRACES}/${trace}/entries`, { token, body })
    return openSocket(house.gateway, `/ws/trace/${trace}?token=${token}`)
  }

  test('Redis is emptied: nobody is signed out, and who signed out stays so', LIMIT, async () => {
    const [person, gone] = [await newPerson(), await newPerson()]
    const refresh = ({ cookie }: { cookie: string }) =>
      house.gateway.ask('POST', '/api/auth/v1/refresh', { headers: { cookie, origin: 'http://localhost:9060' } })
    await house.gateway.ask('GET', '/api/auth/logout/', { headers: { cookie: gone.cookie } })
    await house.redis.flush()

    assert.equal((await person.ask(house.gateway)).status, 200)
    assert.equal((await refresh(person)).status, 200)
    assert.equal((await gone.ask(house.gateway)).problem, 'session-ended')
    assert.equal((await refresh(gone)).status, 401)
  })

  test(
    'PostgreSQL is frozen: everything answers in time, readyz says what is wrong, and it passes by itself',
    LIMIT,
    async () => {
      const person = await newPerson()
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
      await isGoodFor(() => person.ask(house.gateway, '/api/trace/openapi.json'), FRESH_MS + 2_000)
      house.database.heal()
      await until(() => person.ask(house.gateway), 200, 5_000)
      for (const name of ['user', 'meal', 'trace'] as const) await until(() => house.ready(name), 200, 5_000)
    },
  )

  for (const [how, fail] of [
    ['is gone', () => house.idp.cut()],
    ['hangs', () => house.idp.freeze()],
  ] as const)
    test(
      `the IdP ${how}: who is signed in goes on, and who signs in gets a page or the IdP itself`,
      LIMIT,
      async (t) => {
        t.after(house.idp.heal)
        const person = await newPerson()
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
        await until(() => house.gateway.ask('GET', '/api/auth/login/', { headers }), 302, 10_000)
      },
    )

  /** An append that the service has half of, and whose end is sent when the caller says so. */
  function openAppend(token: string) {
    const body = JSON.stringify(Array.from({ length: 60 }, () => ({ level: 'info', message: 'long '.repeat(400) })))
    const open = request(new URL(`${TRACES}/${randomUUID()}/entries`, house.gateway.addresses.gateway), {
      method: 'POST',
      ca: readFileSync(house.gateway.certFile),
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'content-length': body.length },
    })
    const answered = once(open, 'response') as Promise<[IncomingMessage]>
    open.write(body.slice(0, -10))
    return async () => {
      open.end(body.slice(-10))
      const [answer] = await answered
      answer.resume()
      return answer.statusCode
    }
  }

  for (const name of ['trace', 'gateway'] as const)
    test(
      `SIGTERM of ${name}: what is in flight finishes, sockets are told to go elsewhere, it ends by itself`,
      LIMIT,
      async () => {
        const person = await newPerson()
        const socket = await liveSocket(person.token)
        const finish = openAppend(person.token)
        await isGoodFor(() => person.ask(house.gateway), 500)
        const ending = house.process(name)
        ending.child.kill('SIGTERM')

        assert.equal(await socket.closed, 1001)
        assert.equal(await finish(), 201)
        assert.equal(await ending.exited, 0, ending.errors())
        await house.restart(name)
        await until(() => person.ask(house.gateway), 200, 5_000)
      },
    )

  test(
    'SIGTERM of user and meal: they end by themselves, and the gateway says so until they are back',
    LIMIT,
    async () => {
      const person = await newPerson()
      assert.equal((await person.ask(house.gateway)).status, 200)
      for (const name of ['user', 'meal'] as const) {
        const ending = house.process(name)
        ending.child.kill('SIGTERM')
        assert.equal(await ending.exited, 0, ending.errors())
      }

      const menus = () => person.ask(house.gateway, '/api/meal/v1/menus?date=2026-11-21')
      assert.equal((await menus()).status, 502)
      assert.equal((await person.ask(house.gateway)).status, 200)
      await Promise.all([house.restart('user'), house.restart('meal')])
      await until(menus, 200, 5_000)
    },
  )
})
