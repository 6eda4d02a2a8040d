import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as soon } from 'node:timers/promises'
import { createServer } from './create-server.ts'
import { sweepEvery, sweepHourly } from './sweep.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

test('a sweep removes batch after batch until nothing is left, a minute after the start and each hour, after a failure too, and none once closed', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const app = createServer({ name: 'test', logLevel: 'silent' })
  const removals = [false, false, true, new Error('database gone'), true]
  let calls = 0
  sweepHourly(app, async () => {
    const removal = removals[calls++] ?? true
    if (removal instanceof Error) throw removal
    return removal
  })
  const counts = []
  for (const wait of [MINUTE_MS, HOUR_MS, HOUR_MS]) {
    t.mock.timers.tick(wait)
    await soon()
    counts.push(calls)
  }
  await app.close()
  t.mock.timers.tick(HOUR_MS)
  await soon()

  assert.deepEqual([...counts, calls], [3, 4, 5, 5])
})

test('what does harm until it is swept is swept as often as is said', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const app = createServer({ name: 'test', logLevel: 'silent' })
  let calls = 0
  sweepEvery(2 * MINUTE_MS, app, async () => {
    calls += 1
    return true
  })
  const counts = []
  for (const wait of [MINUTE_MS, MINUTE_MS, MINUTE_MS, 2 * MINUTE_MS]) {
    t.mock.timers.tick(wait)
    await soon()
    counts.push(calls)
  }
  await app.close()

  assert.deepEqual(counts, [1, 1, 2, 3])
})

test('closing stops a sweep between two batches', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const app = createServer({ name: 'test', logLevel: 'silent' })
  const firstBatch = Promise.withResolvers<boolean>()
  let calls = 0
  sweepHourly(app, () => {
    calls += 1
    return firstBatch.promise
  })
  t.mock.timers.tick(MINUTE_MS)
  await app.close()
  firstBatch.resolve(false)
  await soon()

  assert.equal(calls, 1)
})
