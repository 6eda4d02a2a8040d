import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { withQuery } from './query-injection.ts'

test('a value is added to the query, and the rest of it stays as it was written', () => {
  assert.equal(withQuery('/a', [['api_key', 'k&=+ 한']]), '/a?api_key=k%26%3D%2B%20%ED%95%9C')
  assert.equal(withQuery('/a?', [['k', 'v']]), '/a?k=v')
  assert.equal(withQuery('/a?x=%7e&y;z=1&&w', [['k', 'v']]), '/a?x=%7e&y;z=1&&w&k=v')
  assert.equal(withQuery('/a?x=1', []), '/a?x=1')
})

test("the caller's value of an injected key is replaced, in every spelling of the key", () => {
  const spellings = [
    'api_key',
    'API_key',
    'api%5Fkey',
    '%61pi_key',
    'api_key[]',
    'api_key%5B0%5D',
    '+api_key',
    'api_key+',
  ]
  for (const spelling of spellings)
    assert.equal(withQuery(`/a?x=1&${spelling}=mine&y=2`, [['api_key', 'ours']]), '/a?x=1&y=2&api_key=ours', spelling)
  assert.equal(withQuery('/a?api_key&x=1;api_key=mine', [['api_key', 'ours']]), '/a?x=1&api_key=ours')
})

test('whatever the caller sends, a target reads the injected value alone', () => {
  fc.assert(
    fc.property(
      fc.string(),
      fc.string(),
      fc.string({ minLength: 1 }).filter((key) => key.isWellFormed()),
      (query, mine, key) => {
        fc.pre(key.trim().replace(/\[.*$/s, '') !== '')
        const sent = `${query.replace(/[^!-~]|#/g, '')}&${new URLSearchParams({ [key]: mine.toWellFormed() })}`
        const read = new URL(withQuery(`/a?${sent}`, [[key, 'ours']]), 'http://target.example').searchParams

        assert.deepEqual(read.getAll(key), ['ours'])
      },
    ),
  )
})
