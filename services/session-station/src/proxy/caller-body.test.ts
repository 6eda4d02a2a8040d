import assert from 'node:assert/strict'
import type { IncomingMessage } from 'node:http'
import { PassThrough } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { test } from 'node:test'
import { CallerBody, type KeptRoom } from './caller-body.ts'

const KB = 1024

function arriving(size: number, room: KeptRoom): CallerBody {
  const request = Object.assign(new PassThrough(), { headers: { 'content-length': String(size) } })
  const body = CallerBody.of(request as unknown as IncomingMessage, room)
  assert.ok(body)
  request.end(Buffer.alloc(size, 'x'))
  return body
}

test('bodies that wait for a second time share one room: what has none goes on all the same, once', async () => {
  const room = { left: 500 * KB }
  const [first, second, small] = [arriving(500 * KB, room), arriving(500 * KB, room), arriving(64 * KB, room)]
  for (const [body, size] of [
    [first, 500],
    [second, 500],
    [small, 64],
  ] as const)
    assert.equal((await buffer(body.reader())).length, size * KB)

  assert.deepEqual([first.isRepeatable, second.isRepeatable, small.isRepeatable], [true, false, true])
  assert.equal((await buffer(first.reader())).length, 500 * KB)
  for (const body of [first, second, small]) body.discard()
  assert.equal(room.left, 500 * KB)
})

test('of more than a megabyte nothing is kept', async () => {
  const room = { left: 10_000 * KB }
  const body = arriving(1025 * KB, room)

  assert.equal((await buffer(body.reader())).length, 1025 * KB)
  assert.deepEqual([body.isRepeatable, room.left], [false, 10_000 * KB])
})
