import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { request } from 'node:https'
import { after, before, suite, test } from 'node:test'
import { type HousePeople, peopleOf } from './house-people.ts'
import { isGoodFor, until } from './patience.ts'
import { type SeparateHouse, separateHouse, withoutServers } from './separate-house.ts'

const LIMIT = { timeout: 60_000 }

const LONG = 'long '.repeat(400)
const ENTRIES = Array.from({ length: 60 }, () => ({ level: 'info', message: LONG }))
const APPEND = () => ({ path: `/api/trace/v1/traces/${randomUUID()}/entries`, body: ENTRIES, status: 201 })
/** Long bodies, for the gateway sends on what is short in one piece; a refusal is an answer of the service too. */
const IN_FLIGHT = {
  gateway: APPEND,
  trace: APPEND,
  meal: () => ({ path: '/api/meal/v1/restaurants', body: { name: LONG.repeat(60), location: '' }, status: 400 }),
  user: () => ({ path: '/api/auth/v1/exchange', body: { code: LONG.repeat(60) }, status: 400 }),
}

suite('SIGTERM, in processes of their own on PostgreSQL and Redis', { skip: withoutServers }, () => {
  let house: SeparateHouse
  let people: HousePeople

  before(async () => {
    house = await separateHouse()
    people = await peopleOf(house)
  })
  after(() => house?.[Symbol.asyncDispose]())

  /** A request that the service has half of, and whose end is sent when the caller says so. */
  function begin({ path, body }: { path: string; body: unknown }) {
    const text = JSON.stringify(body)
    const open = request(new URL(path, house.gateway.addresses.gateway), {
      method: 'POST',
      ca: readFileSync(house.gateway.certFile),
      headers: {
        authorization: `Bearer ${people.administrator}`,
        'content-type': 'application/json',
        'content-length': text.length,
      },
    })
    const answered = once(open, 'response') as Promise<[IncomingMessage]>
    open.write(text.slice(0, -10))
    return async () => {
      open.end(text.slice(-10))
      const [answer] = await answered
      answer.resume()
      return answer.statusCode
    }
  }

  for (const name of ['gateway', 'trace', 'meal', 'user'] as const)
    test(`${name} answers what it has begun, lets nothing new in, and ends by itself`, LIMIT, async () => {
      const person = await people.newPerson()
      const request = IN_FLIGHT[name]()
      const finish = begin(request)
      await isGoodFor(() => person.ask(house.gateway), 500)
      const ending = house.process(name)
      ending.child.kill('SIGTERM')
      await assert.rejects(async () => {
        for (;;) await house.ready(name)
      })

      assert.equal(await finish(), request.status)
      assert.equal(await ending.exited, 0, ending.errors())
      await house.restart(name)
      await until(() => person.ask(house.gateway), 200, 5_000)
    })

  for (const name of ['gateway', 'trace'] as const)
    test(`${name} tells its sockets to go elsewhere`, LIMIT, async () => {
      const socket = await people.liveSocket((await people.newPerson()).token)
      const ending = house.process(name)
      ending.child.kill('SIGTERM')

      assert.equal(await socket.closed, 1001)
      assert.equal(await ending.exited, 0, ending.errors())
      await house.restart(name)
    })

  test(
    'while user and meal are away the gateway says so of meal and goes on with what it remembers',
    LIMIT,
    async () => {
      const person = await people.newPerson()
      assert.equal((await person.ask(house.gateway)).status, 200)
      for (const name of ['user', 'meal'] as const) {
        house.process(name).child.kill('SIGTERM')
        assert.equal(await house.process(name).exited, 0, house.process(name).errors())
      }

      const menus = () => person.ask(house.gateway, '/api/meal/v1/menus?date=2026-11-21')
      assert.deepEqual([(await menus()).status, (await person.ask(house.gateway)).status], [502, 200])
      await Promise.all([house.restart('user'), house.restart('meal')])
      await until(menus, 200, 5_000)
    },
  )
})
