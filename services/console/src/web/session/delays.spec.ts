import { expect, test } from 'vitest'
import { pollDelayMs, renewalDelayMs, retryDelayMs } from './delays.ts'

test('looks and tries come more slowly, up to a limit', () => {
  expect([0, 1, 2, 50].map((attempt) => Math.round(pollDelayMs(attempt)))).toEqual([2000, 2600, 3380, 15000])
  expect([0, 1, 2, 50].map(retryDelayMs)).toEqual([1000, 2000, 4000, 30000])
})

test('a token is renewed before it ends, however short it lives', () => {
  expect(renewalDelayMs(900_000)).toBe(840_000)
  expect(renewalDelayMs(10_000)).toBe(8_000)
})
