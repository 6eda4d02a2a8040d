import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { request } from 'node:https'
import { before, suite, test } from 'node:test'
import { eventually } from '@munjigi/testing/eventually'
import { type HousePeople, peopleOf } from './house-people.ts'
import { until } from './patience.ts'
import type { SeparateHouse } from './separate-house.ts'

const MENUS = '/api/meal/v1/menus?date=2026-11-21'
const LONG = 'long '.repeat(400)
const ENTRIES = Array.from({ length: 60 }, () => ({ level: 'info', message: LONG }))
const TRACES = { service: 'trace', near: '/api/trace/v1/traces' }
const APPEND = () => ({ ...TRACES, path: `${TRACES.near}/${randomUUID()}/entries`, body: ENTRIES, status: 201 })
/** Long bodies, for the gateway sends on what is short in one piece; a refusal is an answer of the service too. */
const IN_FLIGHT = {
  gateway: APPEND,
  trace: APPEND,
  meal: () => ({
    service: 'meal',
    near: MENUS,
    path: '/api/meal/v1/restaurants',
    body: { name: LONG.repeat(60), location: '' },
    status: 400,
  }),
  user: () => ({
    service: 'user',
    near: '/api/auth/v1/me',
    path: '/api/auth/v1/exchange',
    body: { code: LONG.repeat(60) },
    status: 400,
  }),
}

export const endings = (open: () => SeparateHouse) =>
  suite('SIGTERM', () => {
    let house: SeparateHouse
    let people: HousePeople

    before(async () => {
      house = open()
      people = await peopleOf(house)
    })

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
      test(`${name} answers what it has begun, lets nothing new in, and ends by itself`, async () => {
        const person = await people.newPerson()
        const request = IN_FLIGHT[name]()
        const finish = begin(request)
        await eventually(async () =>
          assert.match(
            await house.figures(),
            new RegExp(`^gateway_requests_in_flight\\{service="${request.service}"\\} 1$`, 'm'),
          ),
        )
        // What was sent on before this has reached the service when this is answered.
        assert.equal((await person.ask(house.gateway, request.near)).status, 200)
        assert.equal((await house.ready(name)).status, 200)
        const ending = house.process(name)
        ending.child.kill('SIGTERM')
        await assert.rejects(async () => {
          for (;;) await house.ready(name)
        })

        assert.equal(await finish(), request.status)
        assert.equal(await ending.exited, 0, ending.written())
        await house.restart(name)
        await until(() => person.ask(house.gateway), 200)
      })

    for (const name of ['gateway', 'trace'] as const)
      test(`${name} tells its sockets to go elsewhere`, async () => {
        const socket = await people.liveSocket((await people.newPerson()).token)
        const ending = house.process(name)
        ending.child.kill('SIGTERM')

        assert.equal(await socket.closed, 1001)
        assert.equal(await ending.exited, 0, ending.written())
        await house.restart(name)
      })

    test('while user and meal are away the gateway says so of meal and goes on with what it remembers', async () => {
      const person = await people.newPerson()
      assert.equal((await person.ask(house.gateway)).status, 200)
      for (const name of ['user', 'meal'] as const) {
        house.process(name).child.kill('SIGTERM')
        assert.equal(await house.process(name).exited, 0, house.process(name).written())
      }

      const menus = () => person.ask(house.gateway, MENUS)
      assert.deepEqual([(await menus()).status, (await person.ask(house.gateway)).status], [502, 200])
      await Promise.all([house.restart('user'), house.restart('meal')])
      await until(menus, 200)
    })
  })
