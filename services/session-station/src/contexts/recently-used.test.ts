import assert from 'node:assert/strict'
import { test } from 'node:test'
import { recentlyUsed } from './recently-used.ts'

const light = { weigh: () => 1, most: 1_000 }

test('what is used stays while what is not goes, and no more than the limit is kept', () => {
  const map = recentlyUsed<number>(10, light)
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
  const map = recentlyUsed<number>(2, light)
  map.set('a', 1)
  map.set('b', 2)
  map.set('a', 3)
  assert.equal(map.get('a'), 3)
  map.delete('a')

  assert.equal(map.get('a'), undefined)
})

test('of what is heavy fewer are kept, whatever is set again or deleted in between', () => {
  const map = recentlyUsed<number>(1_000, { weigh: (value) => value, most: 100 })
  for (let index = 0; index < 50; index++) {
    map.set('again', 20)
    map.set(`${index}`, 20)
    map.delete(`${index - 1}`)
  }
  for (let index = 0; index < 50; index++) map.set(`${index}`, 20)
  const kept = Array.from({ length: 50 }, (_, index) => map.get(`${index}`)).filter((value) => value !== undefined)

  assert.ok(kept.length >= 2 && kept.length <= 5, String(kept.length))
})
