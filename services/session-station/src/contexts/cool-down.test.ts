import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { FailureClass } from '../login/login-outcome.ts'
import { coolDown } from './cool-down.ts'

const none = { failures: 0, outages: 0 }
const wrong = { kind: 'credentials', message: '' } as const
const outage = { kind: 'outage', message: '' } as const

test('each failure in a row waits twice as long as the one before, and the fifth needs the owner', () => {
  const rows = [0, 1, 2, 3, 4].map((failures) => coolDown({ failures, outages: 3 }, wrong, 0))

  assert.deepEqual(
    rows.map(({ waitMs, needsAuth }) => [waitMs, needsAuth]),
    [
      [5_000, false],
      [10_000, false],
      [20_000, false],
      [40_000, false],
      [80_000, true],
    ],
  )
  assert.ok(rows.every(({ outages }) => outages === 0))
})

test('whatever fails that is no outage counts as a failure', () => {
  for (const kind of ['credentials', 'bad-answer', 'refused'] as const satisfies FailureClass[])
    assert.equal(coolDown(none, { kind, message: '' }, 0).failures, 1)
})

test('outages wait between half and all of a doubling time, five minutes at most, and leave failures as they are', () => {
  fc.assert(
    fc.property(fc.nat(2_000), fc.double({ min: 0, max: 1, noNaN: true }), (outages, chance) => {
      const { waitMs, ...after } = coolDown({ failures: 2, outages }, outage, chance)
      const wholeMs = Math.min(1_000 * 2 ** outages, 300_000)

      assert.ok(waitMs >= wholeMs / 2 && waitMs <= wholeMs)
      assert.deepEqual(after, { failures: 2, outages: outages + 1, needsAuth: false })
    }),
  )
})

test('what the service says goes before our own reckoning, up to five minutes', () => {
  assert.equal(coolDown(none, { kind: 'rate-limited', message: '', retryAfterMs: 42_000 }, 0).waitMs, 42_000)
  assert.equal(coolDown(none, { ...outage, retryAfterMs: 9_999_999 }, 0).waitMs, 300_000)
})
