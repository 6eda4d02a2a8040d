import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { atMost, deadline, inTime } from './deadline.ts'

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

test('work that takes too long is aborted as a TimeoutError, other work gives what it gives', async () => {
  const endless = (signal: AbortSignal) =>
    new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))

  await assert.rejects(inTime(LIMIT_MS, endless), { name: 'TimeoutError' })
  await assert.rejects(
    inTime(LIMIT_MS, () => Promise.reject(new Error('of its own'))),
    /of its own/,
  )
  assert.equal(await inTime(LIMIT_MS, async () => 'given'), 'given')
})

test('who waits at most so long waits for an end, whichever comes first, and is told a failure', async () => {
  await atMost(LIMIT_MS, new Promise(() => {}))
  await atMost(LIMIT_MS, Promise.resolve())
  await assert.rejects(atMost(LIMIT_MS, Promise.reject(new Error('failed'))), /failed/)
})
