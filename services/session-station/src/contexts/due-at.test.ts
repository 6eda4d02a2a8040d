import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { dueAt } from './due-at.ts'

const NOW = Date.parse('2026-03-01T00:00:00Z')
const HOUR_MS = 60 * 60_000

test('renewal is due before the end, but never in the first half of a life', () => {
  fc.assert(
    fc.property(fc.integer({ min: 10_000, max: 1e9 }), fc.integer({ min: 0, max: 1e6 }), (life, before) => {
      const due = dueAt(NOW, NOW + life, before)
      assert.ok(due >= NOW + life / 2 && due <= NOW + life)
    }),
  )
  assert.equal(dueAt(NOW, NOW + HOUR_MS, 300), NOW + HOUR_MS - 300_000)
  assert.equal(dueAt(NOW, NOW + 60_000, 300), NOW + 30_000)
})
