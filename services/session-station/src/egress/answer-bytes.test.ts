import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AnswerBytes } from './answer-bytes.ts'

const KB = 1024

test('what is collected is what came, however it was cut', () => {
  const whole = Buffer.from(Array.from({ length: 200 * KB }, (_, index) => index % 251))
  const room = { left: 1024 * KB }
  const bytes = new AnswerBytes(room)
  for (let start = 0; start < whole.length; start += 777) assert.ok(bytes.add(whole.subarray(start, start + 777)))

  assert.ok(room.left < 1024 * KB)
  assert.deepEqual(bytes.end(), whole)
  assert.equal(room.left, 1024 * KB)
})

test('where all the room is taken, small answers are read and large ones are not, until it is given back', () => {
  const room = { left: 1000 * KB }
  const greedy = new AnswerBytes(room)
  assert.ok(greedy.add(Buffer.alloc(1064 * KB)))
  const small = new AnswerBytes(room)
  const large = new AnswerBytes(room)

  assert.ok(small.add(Buffer.alloc(64 * KB)))
  assert.equal(large.add(Buffer.alloc(65 * KB)), false)
  greedy.end()
  greedy.end()
  assert.ok(large.add(Buffer.alloc(65 * KB)))
  assert.equal(room.left, 999 * KB)
})
