import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isSameText } from './same-text.ts'

test('a text is the same as itself and as no other, of whatever length', () => {
  for (const text of ['', 'a', '한글', 'x'.repeat(10_000)]) {
    assert.equal(isSameText(text, text), true)
    for (const other of [`${text}x`, ` ${text}`, `${text}\0`, text.slice(1) || 'y'])
      assert.equal(isSameText(other, text), false)
  }
})
