import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { before, suite, test } from 'node:test'
import type { Menu, Restaurant } from '@munjigi/contracts/meal'
import type { Me, PeoplePage } from '@munjigi/contracts/people'
import type { TraceMessage } from '@munjigi/contracts/trace'
import { eventually } from '@munjigi/testing/eventually'
import { SEEDED_PASSWORD } from '@munjigi/testing/provider'
import { decodeJwt } from 'jose'
import { newAccount } from './chats.ts'
import type { TestHouse } from './house.ts'
import { openSocket } from './live-socket.ts'
import { until, untilRefused } from './patience.ts'

type EntryMessage = Extract<TraceMessage, { type: 'entry' }>

interface Statuses {
  services: { name: string; status: string }[]
}

const DAY = '2026-11-21'

let house: TestHouse
let administrator: string

const signIn = (username: string) => house.door.signIn(username, SEEDED_PASSWORD)
const administer = (path: string, body?: object) =>
  house.ask('POST', `/api/admin/v1/${path}`, { token: administrator, ...(body && { body }) })
const subOf = (token: string) => String(decodeJwt(token).sub)
const ownTraces = (token: string) => house.ask('GET', '/api/trace/v1/traces', { token })

/** Somebody of this test alone, who signed in once and was approved, and whom the gateway has not met before. */
async function newPerson() {
  const { username, password } = await newAccount(house.provider)
  const session = await house.door.openSession(username, password)
  const sub = subOf(session.token)
  assert.equal((await administer(`people/${sub}/approve`)).status, 200)
  return { username, sub, ...session }
}

async function newTrace(token: string): Promise<string> {
  const id = randomUUID()
  const entry = { level: 'info', message: 'first' }
  const { status } = await house.ask('POST', `/api/trace/v1/traces/${id}/entries`, { token, body: entry })
  assert.equal(status, 201)
  return id
}

/** Somebody new, from the first sign-in to the last. */
export const journey = (open: () => TestHouse) =>
  suite('people', () => {
    before(async () => {
      house = open()
      administrator = await signIn('admin.park')
    })

    test('a person signs in, waits, is approved, and goes on with the same token to read and write menus', async () => {
      const token = await signIn('pending.kim')
      const me = await house.ask<Me>('GET', '/api/auth/v1/me', { token })
      assert.deepEqual({ user_id: me.body.user_id, role: me.body.role }, { user_id: 'pending.kim', role: 'PENDING' })
      const waiting = await ownTraces(token)
      assert.deepEqual([waiting.status, waiting.problem], [403, 'approval-pending'])
      const { body } = await house.ask<PeoplePage>('GET', '/api/admin/v1/people?role=PENDING', { token: administrator })
      assert.ok(body.people.some(({ sub }) => sub === me.body.sub))

      assert.equal((await administer(`people/${me.body.sub}/approve`)).status, 200)

      await until(() => ownTraces(token), 200)
      const made = await house.ask<Restaurant>('POST', '/api/meal/v1/restaurants', {
        token: administrator,
        body: { name: '학생식당', location: '본관' },
      })
      const menu = { restaurant_id: made.body.id, date: DAY, meal: 'lunch', dishes: ['김치찌개'] }
      const early = await house.ask('POST', '/api/meal/v1/menus', { token, body: menu })
      assert.deepEqual([early.status, early.problem], [403, 'menu-right-required'])
      const grant = { keycloak_sub: me.body.sub, restaurant_id: made.body.id }
      assert.equal((await house.ask('POST', '/api/meal/v1/admins', { token: administrator, body: grant })).status, 201)
      assert.equal((await house.ask('POST', '/api/meal/v1/menus', { token, body: menu })).status, 201)
      const read = await house.ask<{ menus: Menu[] }>('GET', `/api/meal/v1/menus?date=${DAY}`, { token })
      assert.deepEqual(
        read.body.menus.map(({ dishes }) => dishes),
        [['김치찌개']],
      )
    })

    test('a person who is rejected while waiting is told so, and can be taken in later', async () => {
      const { username, password } = await newAccount(house.provider)
      const token = await house.door.signIn(username, password)
      const sub = subOf(token)
      assert.equal((await administer(`people/${sub}/reject`)).status, 200)

      await untilRefused(() => ownTraces(token), 403, 'account-rejected')
      assert.equal((await administer(`people/${sub}/enable`)).status, 200)
      assert.equal((await administer(`people/${sub}/approve`)).status, 200)
      const again = await house.door.signIn(username, password)
      await until(() => ownTraces(again), 200)
    })

    test('disabling a person ends token, session and open socket, and enabling does not bring the session back', async () => {
      const { sub, token, cookie } = await newPerson()
      const headers = { cookie, origin: house.addresses.console }
      const socket = await openSocket(house, `/ws/trace/${await newTrace(token)}?token=${token}`)
      assert.equal((await administer(`people/${sub}/disable`)).status, 200)

      await untilRefused(() => ownTraces(token), 403, 'account-disabled')
      assert.equal(await socket.closed, 4403)
      const refreshed = await house.ask('POST', '/api/auth/v1/refresh', { headers })
      assert.deepEqual([refreshed.status, refreshed.problem], [403, 'account-disabled'])
      assert.equal((await administer(`people/${sub}/enable`)).status, 200)
      await untilRefused(() => ownTraces(token), 401, 'token-outdated')
      assert.equal((await house.ask('POST', '/api/auth/v1/refresh', { headers })).status, 401)
    })

    test('signing out ends the access token, the refresh cookie and the open socket', async () => {
      const { token, cookie } = await newPerson()
      const socket = await openSocket(house, `/ws/trace/${await newTrace(token)}?token=${token}`)
      const headers = { cookie, origin: house.addresses.console }
      assert.equal((await house.ask('POST', '/api/auth/v1/logout', { headers })).status, 204)

      await untilRefused(() => ownTraces(token), 401, 'session-ended')
      assert.equal((await house.ask('POST', '/api/auth/v1/refresh', { headers })).status, 401)
      assert.equal(await socket.closed, 4401)
    })

    test("the browser's sign-out ends the session and goes on to the IdP's own", async () => {
      const { token, cookie } = await newPerson()
      const answer = await house.ask('GET', '/api/auth/logout/', { headers: { cookie } })

      assert.equal(answer.status, 302)
      assert.ok(String(answer.headers.location).startsWith(house.provider.issuer))
      await untilRefused(() => ownTraces(token), 401, 'session-ended')
    })

    test('a refresh gives a new token to the page that has the cookie, and to no other origin', async () => {
      const { cookie } = await newPerson()
      const refresh = (origin: string) =>
        house.ask<{ access_token: string }>('POST', '/api/auth/v1/refresh', { headers: { cookie, origin } })

      assert.equal((await refresh('https://evil.example')).problem, 'origin-refused')
      const { status, body } = await refresh(house.addresses.console)
      assert.equal(status, 200)
      assert.equal((await ownTraces(body.access_token)).status, 200)
    })

    test('a live trace reaches its owner by ?token= and by subprotocol, and nobody else', async () => {
      const owner = await newPerson()
      const stranger = await newPerson()
      const id = await newTrace(owner.token)
      const byQuery = await openSocket(house, `/ws/trace/${id}?token=${owner.token}`)
      const byProtocol = await openSocket(house, `/ws/trace/${id}?after=1`, { protocols: ['bearer', owner.token] })
      assert.equal(byProtocol.protocol, 'bearer')
      assert.equal(((await byQuery.next()) as EntryMessage).entry.message, 'first')
      await house.ask('POST', `/api/trace/v1/traces/${id}/entries`, {
        token: owner.token,
        body: { level: 'warn', message: 'second' },
      })

      for (const socket of [byQuery, byProtocol])
        assert.equal(((await socket.next()) as EntryMessage).entry.message, 'second')
      byQuery.send({ type: 'ping' })
      assert.deepEqual(await byQuery.next(), { type: 'pong' })
      await assert.rejects(openSocket(house, `/ws/trace/${id}?token=${stranger.token}`), /403/)
      await assert.rejects(openSocket(house, `/ws/trace/${id}`), /401/)
      const foreign = { headers: { origin: 'https://evil.example' } }
      await assert.rejects(openSocket(house, `/ws/trace/${id}?token=${owner.token}`, foreign), /403/)
    })

    test("the chatbot's own token of a person is the same person, with the IdP's roles", async () => {
      const cook = await signIn('meal.choi')
      await administer(`people/${subOf(cook)}/approve`)
      const { access_token, id_token, refresh_token } = await house.provider.tokensOf('meal.choi')

      const made = await house.ask('POST', '/api/meal/v1/restaurants', {
        token: access_token,
        body: { name: '기숙사 식당', location: '별관' },
      })
      assert.equal(made.status, 201)
      const { status, body } = await house.ask<Me>('GET', '/api/auth/v1/me', { token: access_token })
      assert.deepEqual([status, body.user_id], [200, 'meal.choi'])
      for (const token of [id_token, refresh_token]) {
        const refused = await house.ask('GET', '/api/trace/v1/traces', { token })
        assert.deepEqual([refused.status, refused.problem], [401, 'token-invalid'])
      }
    })

    test("the chatbot's token of somebody who waits here waits too, and somebody unknown here may read and no more", async () => {
      const { username, password } = await newAccount(house.provider)
      const { access_token: token } = await house.provider.tokensOf(username, { password })
      assert.equal((await house.ask('GET', `/api/meal/v1/menus?date=${DAY}`, { token })).status, 200)
      assert.equal((await ownTraces(token)).status, 200)
      const section = await house.ask('GET', '/api/admin/v1/people', { token })
      assert.deepEqual([section.status, section.problem], [403, 'section-required'])

      await house.door.signIn(username, password)

      // The IdP's name is not the platform's token: user answers for both from one record.
      await untilRefused(() => ownTraces(token), 403, 'approval-pending')
    })

    test('a client account uses the modules that list it, for a person it may act for, and no others', async () => {
      const { sub } = await newPerson()
      const token = await house.provider.clientToken('notice-service')

      assert.equal((await house.ask('GET', '/api/meal/v1/menus?date=2026-11-21', { token })).status, 200)
      const other = await ownTraces(token)
      assert.deepEqual([other.status, other.problem], [403, 'client-not-allowed'])
      const acting = await house.ask('GET', '/api/meal/v1/restaurants', { token, headers: { 'x-user-sub': sub } })
      assert.equal(acting.status, 200)
      const administering = { token, headers: { 'x-user-sub': subOf(administrator) } }
      const refused = await house.ask('GET', '/api/meal/v1/restaurants', administering)
      assert.deepEqual([refused.status, refused.problem], [403, 'acting-refused'])
    })

    test('an administrator sees every service well, and the house says that it is embedded', async () => {
      const ready = await house.ask<{ mode: string }>('GET', '/readyz')
      const statuses = async () => {
        const { body } = await house.ask<Statuses>('GET', '/api/server-status', { token: administrator })
        return body.services.map(({ name, status }) => `${name} ${status}`).sort()
      }

      const well = ['auth-relay ok', 'case ok', 'chatbot ok', 'meal ok', 'session-station ok', 'trace ok', 'user ok']
      await eventually(async () => assert.deepEqual(await statuses(), well))
      assert.deepEqual([ready.status, ready.body.mode], [200, 'embedded'])
    })

    test('what every module offers can be read at the door without a token', async () => {
      for (const module of ['auth', 'admin', 'meal', 'case', 'trace', 'auth-relay', 'kakao-bot', 'session-station']) {
        const { status, body } = await house.ask<{ paths: object }>('GET', `/api/${module}/openapi.json`)
        assert.equal(status, 200, module)
        const paths = Object.keys(body.paths)
        assert.ok(
          paths.length > 0 && paths.every((path) => new RegExp(`^/(api|api/v1|ws)/${module}/`).test(path)),
          `${module}: ${paths}`,
        )
      }
    })
  })
