import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, beforeEach, test } from 'node:test'
import { connect } from '@munjigi/db/connect'
import { migrate } from '@munjigi/db/migrate'
import type { Problem } from '@munjigi/problem'
import { botProcess } from '../bot-process.fixture.ts'
import { chatbotHouse, migrationPlan, type Person, tablesOf } from '../house.fixture.ts'
import { postgresUserMap } from '../postgres-user-map.ts'
import type { UserMap } from '../user-map.ts'

// Its realm is what the realm file ships: a refresh token works twice.
const house = await chatbotHouse()
after(house.close)
beforeEach(() => {
  house.proxy.requests.length = 0
})

const AHEAD_MS = 241_000
const whenDue = () => Date.now() + AHEAD_MS
const ask = (bot: ReturnType<typeof house.chatbot>, { chat }: Person) => bot.as(chat).fetch('meal', '/x')
const isUnavailable = ({ status, type }: Problem) => status === 503 && type === 'login-unavailable'
const storedToken = async (userMap: UserMap, { chat }: Person) => (await userMap.findByChat(chat))?.refresh_token

/** The house's map with a database that is gone for tokens that are to be stored, that many times or until it comes back. */
function mapThatStoresNothing({ times = Number.POSITIVE_INFINITY } = {}) {
  let left = times
  const storeTokens: UserMap['storeTokens'] = (...tokens) => {
    left -= 1
    if (left < 0) return house.userMap.storeTokens(...tokens)
    return Promise.reject(Object.assign(new Error('the database is gone'), { statusCode: 503 }))
  }
  const comeBack = () => {
    left = 0
  }
  return { userMap: { ...house.userMap, storeTokens }, comeBack }
}

/** A database that outlives the process that uses it, with the person in it: PostgreSQL, else PGlite in a folder. */
async function lastingDatabase({ chat }: Person) {
  const row = (await house.userMap.findByChat(chat)) ?? assert.fail('no row')
  if (house.databaseUrl)
    return { url: house.databaseUrl, open: () => ({ ...house, close: async () => {} }), remove: async () => {} }
  const folder = await mkdtemp(join(tmpdir(), 'user-map-'))
  const url = `pglite://${join(folder, 'data')}`
  const first = connect(url)
  await migrate(first, migrationPlan)
  await tablesOf(first).insertInto('user_map').values(row).execute()
  await first.close()
  const open = () => {
    const database = connect(url)
    const db = tablesOf(database)
    return { db, userMap: postgresUserMap(db), close: () => database.close() }
  }
  return { url, open, remove: () => rm(folder, { recursive: true }) }
}

test('a login survives a process that is killed between the answer of the IdP and its commit', async (t) => {
  const person = await house.person()
  const before = await storedToken(house.userMap, person)
  const { url, open, remove } = await lastingDatabase(person)
  const { idp, key } = house
  const bot = await botProcess({ databaseUrl: url, idp, key, gatewayUrl: house.gateway.url, aheadMs: AHEAD_MS })
  t.after(bot.kill)
  const { promise: killed, resolve } = Promise.withResolvers<void>()
  house.proxy.next('refresh_token', { after: () => bot.kill().then(resolve) })
  bot.send(person.chat)
  await killed
  assert.equal(house.proxy.requests.at(-1)?.status, 200)

  const { db, userMap, close } = open()
  t.after(async () => {
    await close()
    await remove()
  })
  assert.equal(await storedToken(userMap, person), before)
  // The claim of the dead ends by itself.
  await db.updateTable('user_map').where('kakao_id', '=', person.chat).set({ renewal_until: new Date() }).execute()
  assert.equal((await ask(house.chatbot({ userMap, now: whenDue }), person)).status, 200)
  assert.notEqual(await storedToken(userMap, person), before)
})

test('a login survives an answer of the IdP that is lost on the way', async () => {
  const person = await house.person()
  const before = await storedToken(house.userMap, person)
  const bot = house.chatbot({ now: whenDue })
  house.proxy.next('refresh_token', 'lost')
  await assert.rejects(ask(bot, person), isUnavailable)
  assert.equal(await storedToken(house.userMap, person), before)

  assert.equal((await ask(bot, person)).status, 200)
  assert.equal(
    (
      await house
        .chatbot({ now: () => Date.now() + 2 * AHEAD_MS })
        .as(person.chat)
        .fetch('meal', '/x')
    ).status,
    200,
  )
})

test('an answer that cannot be stored at once is stored a moment later', async () => {
  const person = await house.person()
  const before = await storedToken(house.userMap, person)
  const { userMap } = mapThatStoresNothing({ times: 2 })
  const bot = house.chatbot({ now: whenDue, userMap })

  assert.equal((await ask(bot, person)).status, 200)
  assert.equal(house.proxy.count('refresh_token'), 1)
  assert.notEqual(await storedToken(house.userMap, person), before)
})

test('an answer that could not be stored for long is stored by the next call, and the IdP is not asked again', async () => {
  const person = await house.person()
  const before = await storedToken(house.userMap, person)
  const { userMap, comeBack } = mapThatStoresNothing()
  const bot = house.chatbot({ now: whenDue, userMap })
  const asked = house.proxy.count('refresh_token')
  await assert.rejects(ask(bot, person), { statusCode: 503 })
  await assert.rejects(ask(bot, person), { statusCode: 503 })
  comeBack()

  assert.equal((await ask(bot, person)).status, 200)
  assert.equal(house.proxy.count('refresh_token'), asked + 1)
  assert.notEqual(await storedToken(house.userMap, person), before)
})

test('an answer that was kept is forgotten where another process or login has put others in its place', async () => {
  const person = await house.person()
  const { userMap, comeBack } = mapThatStoresNothing()
  const bot = house.chatbot({ now: whenDue, userMap })
  await assert.rejects(ask(bot, person), { statusCode: 503 })
  comeBack()
  assert.equal((await ask(house.chatbot({ now: whenDue }), person)).status, 200)
  const others = await storedToken(house.userMap, person)

  assert.equal((await ask(bot, person)).status, 200)
  assert.equal(await storedToken(house.userMap, person), others)
})

test('an answer that can never be stored gives the claim back and is asked for anew', async () => {
  const person = await house.person()
  const { userMap } = mapThatStoresNothing()
  const bot = house.chatbot({ now: whenDue, userMap })
  await assert.rejects(ask(bot, person), { statusCode: 503 })

  assert.equal((await ask(house.chatbot({ now: whenDue }), person)).status, 200)
})

test('a renewal that outlives its claim stores nothing, and its caller gets what took its place', async () => {
  const person = await house.person()
  const slow = house.chatbot({ now: whenDue })
  const { asked, release } = house.holdRefresh()
  const late = ask(slow, person)
  await asked
  const ended = { renewal_until: new Date(Date.now() - 1_000) }
  await house.db.updateTable('user_map').where('kakao_id', '=', person.chat).set(ended).execute()
  assert.equal((await ask(house.chatbot({ now: whenDue }), person)).status, 200)
  const stored = await storedToken(house.userMap, person)
  release()

  assert.equal((await late).status, 200)
  assert.equal(await storedToken(house.userMap, person), stored)
})
