import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dayOf, minuteOfDay, minutesOf } from './local-time.ts'

test('the day begins at midnight in Korea', () => {
  const midnight = Date.parse('2026-11-20T15:00:00Z')

  assert.equal(dayOf(midnight), '2026-11-21')
  assert.equal(dayOf(midnight - 1), '2026-11-20')
  assert.equal(minuteOfDay(midnight), 0)
  assert.equal(minuteOfDay(midnight - 1), 23 * 60 + 59)
  assert.equal(minutesOf('08:30'), 510)
})
