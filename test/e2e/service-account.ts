import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, suite, test } from 'node:test'
import { createServiceAccount, type ServiceAccount } from '@munjigi/chatbot-sdk/service-account'
import type { Restaurant, Restaurants } from '@munjigi/contracts/meal'
import { SEEDED_PASSWORD } from '@munjigi/testing/provider'
import { decodeJwt } from 'jose'
import { newAccount } from './chats.ts'
import type { TestHouse } from './house.ts'

const ADMINISTERED = '/v1/administered-restaurants'

let house: TestHouse
let account: ServiceAccount
let administrator: string
let restaurant: Restaurant

const subOf = (token: string) => String(decodeJwt(token).sub)

/** The `sub` of somebody new, whom user knows if they come in by the front door and are approved, and the gateway does not. */
async function newPerson({ known }: { known: boolean }): Promise<string> {
  const { username, password, sub } = await newAccount(house.provider)
  if (!known) return sub
  const own = subOf(await house.door.signIn(username, password))
  await house.door.call('POST', `/api/admin/v1/people/${own}/approve`, administrator)
  return own
}

async function problemOf(answer: Response): Promise<[number, string]> {
  const { type } = (await answer.json()) as { type: string }
  return [answer.status, type.replace('/problems/', '')]
}

/** An account of a service, by itself and for people. */
export const serviceAccount = (open: () => TestHouse) =>
  suite('an account of a service', () => {
    before(async () => {
      house = open()
      const { id: clientId, secret: clientSecret } = house.provider.clients['notice-service']
      account = createServiceAccount({
        idp: { issuer: house.provider.issuer, clientId, clientSecret },
        gatewayUrl: house.addresses.gateway,
        gatewayCa: readFileSync(house.certFile, 'utf8'),
      })
      administrator = await house.door.signIn('admin.park', SEEDED_PASSWORD)
      const body = { name: '알림 식당', location: '별관' }
      restaurant = await house.door.call<Restaurant>('POST', '/api/meal/v1/restaurants', administrator, body)
    })
    after(() => account?.close())

    test('an account of a service reads menus as itself, by its real sub', async () => {
      const answer = await account.fetch('meal', '/v1/menus?date=2026-11-21')

      assert.equal(answer.status, 200)
    })

    test('acting for a person it learns which restaurants that person administers', async () => {
      const cook = await newPerson({ known: true })
      const grant = { keycloak_sub: cook, restaurant_id: restaurant.id }
      await house.door.call('POST', '/api/meal/v1/admins', administrator, grant)

      const answer = await account.fetch('meal', ADMINISTERED, { actFor: cook })
      const { restaurants } = (await answer.json()) as Restaurants
      assert.deepEqual(
        restaurants.map(({ id }) => id),
        [restaurant.id],
      )
    })

    test('it acts for no administrator, for nobody whom user does not know, and in no other module', async () => {
      const [boss, stranger, person] = [
        subOf(administrator),
        await newPerson({ known: false }),
        await newPerson({ known: true }),
      ]

      const actFor = async (sub: string) => problemOf(await account.fetch('meal', ADMINISTERED, { actFor: sub }))
      assert.deepEqual(await actFor(boss), [403, 'acting-refused'])
      assert.deepEqual(await actFor(stranger), [403, 'unknown-person'])
      const elsewhere = await problemOf(await account.fetch('trace', '/v1/traces', { actFor: person }))
      assert.deepEqual(elsewhere, [401, 'user-sub-mismatch'])
    })
  })
