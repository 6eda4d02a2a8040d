import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, test } from 'node:test'
import { testDatabase } from '@munjigi/testing/database'
import { sql } from 'kysely'
import { migrationPlan } from '../migrations/plan.ts'
import type { Tables } from '../tables.ts'
import { subscriptions } from './subscriptions.ts'

const { database, close } = await testDatabase(migrationPlan)
after(close)
const db = database.as<Tables>('chatbot_serving').withSchema('chatbot')
const asked = subscriptions(db)
let days = 0
/** A day that nobody was told on. */
function newDay(): string {
  days += 1
  return new Date(Date.UTC(2026, 0, days)).toISOString().slice(0, 10)
}

async function link({ alive = true } = {}): Promise<string> {
  const kakao_id = randomUUID()
  const tokens = { access_token: 'a', refresh_token: 'r', access_token_expires_at: new Date() }
  const none = { access_token: null, refresh_token: null, access_token_expires_at: null }
  await db
    .insertInto('user_map')
    .values({
      kakao_id,
      keycloak_sub: `sub-${kakao_id}`,
      ...(alive ? tokens : none),
      refresh_token_expires_at: null,
      login_at: new Date(),
      login_id: 'x',
      refreshed_at: new Date(),
    })
    .execute()
  await asked.insert(kakao_id)
  return kakao_id
}
const idsOf = (claimed: { kakao_id: string }[]) => claimed.map(({ kakao_id }) => kakao_id).sort()
const waitIsOver = () => db.updateTable('notice_subscriptions').set({ try_after: sql`now()` }).execute()
const empty = () => db.deleteFrom('user_map').execute()

test('each who asked is claimed once a day, by one of many who claim at once', async () => {
  await empty()
  const people = [await link(), await link(), await link(), await link(), await link()]
  const today = newDay()
  const claims = await Promise.all(Array.from({ length: 8 }, () => asked.claimDue(today, 2)))

  assert.deepEqual(idsOf(claims.flat()), people.toSorted())
  assert.deepEqual(await asked.claimDue(today, 10), [])
  assert.deepEqual(idsOf(await asked.claimDue(newDay(), 10)), people.toSorted())
})

test('asking twice is asking once, and who no longer wants it is not due', async () => {
  await empty()
  const [stays, goes] = [await link(), await link()]
  await asked.insert(stays)
  assert.ok(await asked.remove(goes))

  const due = await asked.claimDue(newDay(), 10)

  assert.deepEqual(due, [{ kakao_id: stays, keycloak_sub: `sub-${stays}` }])
  assert.equal(await asked.remove(goes), undefined)
})

test('a person without a live login is not due, and one who unlinks is forgotten', async () => {
  await empty()
  const ended = await link()
  const cleared = { access_token: null, refresh_token: null, access_token_expires_at: null }
  await db.updateTable('user_map').set(cleared).where('kakao_id', '=', ended).execute()
  const gone = await link()
  await db.deleteFrom('user_map').where('kakao_id', '=', gone).execute()

  assert.deepEqual(await asked.claimDue(newDay(), 10), [])
  const rows = await db.selectFrom('notice_subscriptions').select('kakao_id').where('kakao_id', '=', gone).execute()
  assert.deepEqual(rows, [])
})

test('a chat that goes to another person takes no wish along, and the other may have one of their own', async () => {
  await empty()
  const chat = await link()
  await db.updateTable('user_map').set({ keycloak_sub: 'another' }).where('kakao_id', '=', chat).execute()
  assert.deepEqual(await asked.claimDue(newDay(), 10), [])

  assert.ok(await asked.insert(chat))
  assert.deepEqual(await asked.claimDue(newDay(), 10), [{ kakao_id: chat, keycloak_sub: 'another' }])
})

test('who is linked to nobody, or whose login has ended, asks for nothing', async () => {
  await empty()
  const ended = await link({ alive: false })

  assert.equal(await asked.insert(ended), undefined)
  assert.equal(await asked.insert('stranger'), undefined)
})

test('who could not be told is due again after a while, at most five times a day', async () => {
  await empty()
  const person = await link()
  const today = newDay()
  for (let tries = 1; tries <= 5; tries += 1) {
    assert.deepEqual(idsOf(await asked.claimDue(today, 10)), [person], `try ${tries}`)
    await asked.release(person, today)
    assert.deepEqual(await asked.claimDue(today, 10), [])
    await waitIsOver()
  }

  assert.deepEqual(await asked.claimDue(today, 10), [])
  assert.deepEqual(idsOf(await asked.claimDue(newDay(), 10)), [person])
})

test('what is released late does not touch the day after', async () => {
  await empty()
  const [yesterday, today] = [newDay(), newDay()]
  const person = await link()
  await asked.claimDue(yesterday, 10)
  await asked.claimDue(today, 10)
  await asked.release(person, yesterday)
  await waitIsOver()

  assert.deepEqual(await asked.claimDue(today, 10), [])
})
