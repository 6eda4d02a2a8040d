import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { SEEDED_PASSWORD } from '@munjigi/testing/provider'
import { decodeJwt } from 'jose'
import { newAccount } from './chats.ts'
import { openSocket } from './live-socket.ts'
import type { Entrance, SeparateHouse } from './separate-house.ts'

const TRACES = '/api/trace/v1/traces'

export type HousePeople = Awaited<ReturnType<typeof peopleOf>>

/** The people of a house of separate processes, and what its administrator does to them. */
export async function peopleOf(house: SeparateHouse) {
  const administrator = await house.gateway.door.signIn('admin.park', SEEDED_PASSWORD)

  const administer = async (entrance: Entrance, path: string) => {
    const { status } = await entrance.ask('POST', `/api/admin/v1/people/${path}`, { token: administrator })
    assert.equal(status, 200, path)
  }

  return {
    administrator,
    administer,
    /** Somebody who was approved and is remembered by neither gateway until they ask it. */
    async newPerson() {
      const { username, password } = await newAccount(house.provider)
      const { token, cookie } = await house.gateway.door.openSession(username, password)
      const { sub } = decodeJwt(token)
      await administer(house.secondGateway, `${sub}/approve`)
      const ask = (entrance: Entrance, path = TRACES) => entrance.ask('GET', path, { token })
      return { sub, token, cookie, ask }
    },
    /** Listens to a new trace of the token's holder. */
    async liveSocket(token: string) {
      const path = `${TRACES}/${randomUUID()}/entries`
      const { status } = await house.gateway.ask('POST', path, { token, body: { level: 'info', message: 'first' } })
      assert.equal(status, 201)
      return openSocket(house.gateway, `/ws/trace/${path.split('/')[5]}?token=${token}`)
    },
  }
}
