import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GIVEN_UP_AFTER_MS, nextAttempt } from './next-attempt.ts'

const now = Date.now()
const outage = { error: 'status 503', isRefusal: false, retryAfter: 0 }
const refusal = { ...outage, isRefusal: true }
const waitOf = (attempts: number, failure = outage) => {
  const next = nextAttempt({ attempts, created_at: new Date(now) }, failure, now)
  return next === null ? null : (next.getTime() - now) / 1000
}

test('each attempt waits about twice as long as the one before, an hour at most, and as long as the mail API asks', () => {
  for (const [attempts, about] of [
    [1, 5],
    [2, 10],
    [5, 80],
    [40, 3600],
  ] as const) {
    const wait = waitOf(attempts) ?? 0
    assert.ok(wait >= about * 0.75 && wait <= about * 1.25, `${attempts}: ${wait}`)
  }
  assert.equal(waitOf(1, { ...outage, retryAfter: 90_000 }), 90)
})

test('an outage is waited out for fourteen days, a refusal for five attempts', () => {
  assert.notEqual(waitOf(1_000), null)
  assert.notEqual(waitOf(4, refusal), null)
  assert.equal(waitOf(5, refusal), null)
  const old = { attempts: 3, created_at: new Date(now - GIVEN_UP_AFTER_MS) }
  assert.equal(nextAttempt(old, outage, now), null)
})
