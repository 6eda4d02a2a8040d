import assert from 'node:assert/strict'
import { test } from 'node:test'
import { recentlyUsed } from './recently-used.ts'

test('what is used stays while what is not goes, and no more than the limit is kept', () => {
  const map = recentlyUsed<number>(10)
  map.set('used', 0)
  for (let index = 1; index <= 100; index++) {
    map.set(`${index}`, index)
    assert.equal(map.get('used'), 0)
  }
  const kept = Array.from({ length: 101 }, (_, index) => map.get(`${index}`)).filter((value) => value !== undefined)

  assert.ok(kept.length <= 10)
  assert.equal(map.get('100'), 100)
})

test('what is set again is the new one, and what is deleted is gone', () => {
  const map = recentlyUsed<number>(2)
  map.set('a', 1)
  map.set('b', 2)
  map.set('a', 3)
  assert.equal(map.get('a'), 3)
  map.delete('a')

  assert.equal(map.get('a'), undefined)
})
