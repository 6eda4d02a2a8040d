import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, test } from 'node:test'
import { testDatabase } from '@munjigi/testing/database'
import { migrationPlan } from '../migrations/plan.ts'
import type { Tables } from '../tables.ts'
import { kakaoPeople } from './people.ts'

const { database, close } = await testDatabase(migrationPlan)
after(close)
const people = kakaoPeople(database.as<Tables>('chatbot_serving').withSchema('chatbot'))

test('a chat is found by what the app calls its person last', async () => {
  const [chat, other] = [randomUUID(), randomUUID()]
  await people.remember(chat, '41')
  await people.remember(chat, '42')
  await people.remember(chat, '42')
  await people.remember(other, '43')

  assert.deepEqual(await people.chatsOf('41'), [])
  assert.deepEqual(await people.chatsOf('42'), [chat])
  assert.deepEqual(await people.chatsOf('43'), [other])
})

test('one person may have several chats, and one that is forgotten is found no more', async () => {
  const chats = [randomUUID(), randomUUID()].sort()
  await Promise.all(chats.flatMap((chat) => [people.remember(chat, '50'), people.remember(chat, '50')]))
  assert.deepEqual((await people.chatsOf('50')).sort(), chats)
  await people.forget(chats[0] ?? '')

  assert.deepEqual(await people.chatsOf('50'), chats.slice(1))
  await people.forget('nobody')
})
