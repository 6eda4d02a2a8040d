import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isOneOf, isSameText } from './same-text.ts'

test('a text is the same as itself and as no other, of whatever length', () => {
  for (const text of ['', 'a', '한글', 'x'.repeat(10_000)]) {
    assert.equal(isSameText(text, text), true)
    for (const other of [`${text}x`, ` ${text}`, `${text}\0`, text.slice(1) || 'y'])
      assert.equal(isSameText(other, text), false)
  }
})

test('of several secrets each is taken and nothing else', () => {
  const isSecret = isOneOf(['one', 'two'])

  assert.deepEqual(['one', 'two', 'three', 'onetwo', 'one,two', ''].map(isSecret), [
    true,
    true,
    false,
    false,
    false,
    false,
  ])
  assert.equal(isOneOf([])(''), false)
})
