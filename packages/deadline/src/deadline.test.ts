import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { deadline } from './deadline.ts'

const LIMIT_MS = 40
const expiry = () => new Promise<void>((resolve) => deadline(LIMIT_MS, resolve))

test('who waits as long as they may has waited for more than half of it, and it ends once', async () => {
  const events: string[] = []
  setTimeout(() => events.push('half'), LIMIT_MS / 2)
  deadline(LIMIT_MS, () => events.push('expired'))
  await expiry()
  await expiry()
  assert.deepEqual(events, ['half', 'expired'])
})

test('time in which the process stood still expires nothing before what came meanwhile can be read', async (t) => {
  const expire = t.mock.fn()
  const callOff = deadline(LIMIT_MS * 10, expire)
  for (const end = performance.now() + LIMIT_MS * 15; performance.now() < end; );
  for (let turns = 0; turns < 5; turns += 1) await turn()
  callOff()
  assert.equal(expire.mock.callCount(), 0)
})

test('what is called off never ends', async (t) => {
  const expire = t.mock.fn()
  deadline(LIMIT_MS, expire)()
  await expiry()
  assert.equal(expire.mock.callCount(), 0)
})
