import assert from 'node:assert/strict'
import { after, afterEach, beforeEach, test } from 'node:test'
import { keyRing } from '@munjigi/sealing/fernet'
import { chatbotHouse, type Person, sealingKey } from '../house.fixture.ts'
import { unsignedToken } from '../unsigned-token.fixture.ts'

const house = await chatbotHouse()
after(house.close)
beforeEach(() => {
  house.proxy.requests.length = 0
})
afterEach(async () => {
  house.proxy.always('refresh_token')
  await house.db.deleteFrom('user_map').execute()
})

const DAY_MS = 24 * 60 * 60_000
const idleSince = (days: number) => house.person(Date.now() - days * DAY_MS)
const nothing = { renewed: 0, ended: 0, disabled: 0, misconfigured: 0, unavailable: 0, unreadable: 0, elsewhere: 0 }
const refreshes = () => house.proxy.count('refresh_token')
const manyIdle = async (count: number): Promise<void> => {
  const idle = new Date(Date.now() - 21 * DAY_MS)
  const times = { access_token_expires_at: idle, refresh_token_expires_at: null, login_at: idle, refreshed_at: idle }
  for (let i = 0; i < count; i++)
    await house.userMap.link({ ...times, ...sealedFor(`sub-${i}`), kakao_id: `chat-${i}`, keycloak_sub: `sub-${i}` })
}
const sealedFor = (sub: string) => ({
  login_id: sub,
  access_token: house.sealing.seal(unsignedToken({ sub, typ: 'Bearer' })),
  refresh_token: house.sealing.seal(unsignedToken({ sub, typ: 'Offline' })),
})

test('who was idle for twenty days is refreshed, nobody else', async () => {
  const [idle, recent] = [await idleSince(20.1), await idleSince(19.9)]
  const stored = async ({ chat }: Person) => (await house.userMap.findByChat(chat))?.refreshed_at.getTime()
  const before = await stored(recent)
  assert.deepEqual(await house.chatbot().keepAlive(), { ...nothing, renewed: 1, is_complete: true })

  assert.ok(Date.now() - ((await stored(idle)) as number) < DAY_MS)
  assert.equal(await stored(recent), before)
  assert.deepEqual(await house.chatbot().keepAlive(), { ...nothing, is_complete: true })
})

test('several processes at once refresh nobody twice', async () => {
  const people = [await idleSince(21), await idleSince(22), await idleSince(23), await idleSince(24)]
  const runs = await Promise.all([house.chatbot(), house.chatbot(), house.chatbot()].map((bot) => bot.keepAlive()))

  assert.equal(
    runs.reduce((sum, { renewed }) => sum + renewed, 0),
    people.length,
  )
  assert.equal(refreshes(), people.length)
})

test('whose refresh fails does not stop the others, and each failure is counted', async () => {
  const people = [await idleSince(21), await idleSince(22), await idleSince(23)] as [Person, Person, Person]
  await house.provider.deleteUser(people[0].username)
  await house.provider.disableUser(people[1].username)
  const other = await idleSince(25)
  const foreign = { access_token: keyRing(sealingKey()).seal('x'), refresh_token: keyRing(sealingKey()).seal('x') }
  await house.db.updateTable('user_map').where('kakao_id', '=', other.chat).set(foreign).execute()

  assert.deepEqual(await house.chatbot().keepAlive(), {
    ...nothing,
    ended: 1,
    disabled: 1,
    unreadable: 1,
    renewed: 1,
    is_complete: true,
  })
})

test('an IdP that refuses our client is not asked for everybody', async () => {
  await manyIdle(200)
  house.proxy.always('refresh_token', { status: 401, body: '{"error":"unauthorized_client"}' })
  const outcome = await house.chatbot().keepAlive()

  assert.equal(outcome.is_complete, false)
  assert.ok(refreshes() <= 20)
  assert.equal(outcome.misconfigured, refreshes())
  assert.equal((await house.userMap.listIdle(new Date(), 500)).length, 200)
})

test('an IdP that is down is not asked for everybody', async () => {
  await manyIdle(200)
  house.proxy.always('refresh_token', 'cut')
  const outcome = await house.chatbot().keepAlive()

  assert.equal(outcome.is_complete, false)
  assert.ok(refreshes() <= 40)
})

test('no more than twenty refreshes are in flight', async () => {
  await manyIdle(100)
  let inFlight = 0
  let most = 0
  house.proxy.always('refresh_token', {
    before: async () => {
      inFlight += 1
      most = Math.max(most, inFlight)
    },
    after: async () => {
      inFlight -= 1
    },
  })
  await house.chatbot().keepAlive()

  assert.equal(refreshes(), 100)
  assert.ok(most <= 20)
})

test('a run that is stopped lets its refreshes finish and takes no more', async () => {
  await manyIdle(100)
  const stop = new AbortController()
  house.proxy.always('refresh_token', { before: async () => stop.abort() })
  const outcome = await house.chatbot().keepAlive({ signal: stop.signal })

  assert.equal(outcome.is_complete, false)
  assert.ok(refreshes() <= 20)
  assert.equal(outcome.renewed + outcome.ended, refreshes())
})

test('closing stops a run and waits for it', async () => {
  await manyIdle(100)
  const bot = house.chatbot()
  const { promise: asked, resolve } = Promise.withResolvers<void>()
  house.proxy.next('refresh_token', { before: async () => resolve() })
  const run = bot.keepAlive()
  await asked
  await bot.close()
  const closedAt = refreshes()

  assert.equal((await run).is_complete, false)
  assert.equal(refreshes(), closedAt)
})
