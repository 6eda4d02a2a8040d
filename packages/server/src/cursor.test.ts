import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Type } from 'typebox'
import { readCursor, writeCursor } from './cursor.ts'

const Place = Type.Tuple([Type.String(), Type.Integer()])

test('a cursor is the place that it was written of, and goes through an address as it is', () => {
  const cursor = writeCursor(['가 /?&', 7])

  assert.match(cursor, /^[\w-]+$/)
  assert.deepEqual(readCursor(Place, cursor), ['가 /?&', 7])
})

test('what is no cursor of this list is refused as a field of the request', () => {
  for (const cursor of ['', 'x', '%', writeCursor(null), writeCursor(['a']), writeCursor(['a', 1, 2]), writeCursor({})])
    assert.throws(() => readCursor(Place, cursor), {
      status: 400,
      type: 'invalid-request',
      extensions: { faults: [{ field: 'cursor', message: 'is not a next_cursor of this list' }] },
    })
})
