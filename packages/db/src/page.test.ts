import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pageOf } from './page.ts'

test('a page names its last row only where another row follows', () => {
  assert.deepEqual(pageOf([1, 2, 3], 2), [[1, 2], 2])
  assert.deepEqual(pageOf([1, 2], 2), [[1, 2], undefined])
  assert.deepEqual(pageOf([], 2), [[], undefined])
})
