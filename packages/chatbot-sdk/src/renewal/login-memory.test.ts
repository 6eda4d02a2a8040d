import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loginMemory } from './login-memory.ts'

const token = { sub: 's', access_token: 'a', expires_at: 0 }
const read = async () => token
const still = () => 0

test('a token is remembered for five seconds from when its reading began', async () => {
  let time = 0
  const memory = loginMemory(() => time)
  await memory.remember('chat', async () => {
    time = 1_000
    return token
  })
  time = 4_999
  assert.equal(memory.find('chat'), token)
  time = 5_000
  assert.equal(memory.find('chat'), undefined)
})

test('what was read before a change is not remembered after it', async () => {
  const memory = loginMemory(still)
  const { promise: gate, resolve: open } = Promise.withResolvers<void>()
  const reading = memory.remember('chat', async () => {
    await gate
    return token
  })
  memory.drop('chat')
  open()

  assert.equal(await reading, token)
  assert.equal(memory.find('chat'), undefined)
})

test('a change drops one, and a subscription made anew drops all', async () => {
  const memory = loginMemory(still)
  await memory.remember('one', read)
  await memory.remember('other', read)
  memory.drop('one')
  assert.deepEqual([memory.find('one'), memory.find('other')], [undefined, token])
  memory.empty()

  assert.equal(memory.find('other'), undefined)
})

test('more people than are remembered push out the oldest', async () => {
  const memory = loginMemory(still)
  for (let i = 0; i <= 50_000; i++) await memory.remember(`${i}`, read)

  assert.deepEqual([memory.find('0'), memory.find('1')], [undefined, token])
})
