import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { closeFrame, FrameFollower } from './frames.ts'

const frame = (payload: Buffer, { opcode = 2, fin = true, mask = false, wide = false } = {}): Buffer => {
  const first = (fin ? 0x80 : 0) | opcode
  const length = payload.length
  const bit = mask ? 0x80 : 0
  const header =
    length > 65_535 || wide
      ? Buffer.from([
          first,
          bit | 127,
          0,
          0,
          0,
          0,
          length >>> 24,
          (length >>> 16) & 255,
          (length >>> 8) & 255,
          length & 255,
        ])
      : length > 125
        ? Buffer.from([first, bit | 126, length >> 8, length & 255])
        : Buffer.from([first, bit | length])
  return Buffer.concat([header, mask ? Buffer.from([1, 2, 3, 4]) : Buffer.alloc(0), payload])
}
const anyFrame = fc
  .record({
    size: fc.oneof(fc.integer({ min: 0, max: 130 }), fc.integer({ min: 65_530, max: 65_540 })),
    mask: fc.boolean(),
    wide: fc.boolean(),
  })
  .map(({ size, ...options }) => frame(Buffer.alloc(size, 7), options))
const cuts = fc.array(fc.integer({ min: 1, max: 70_000 }), { maxLength: 20 })

function pieces(bytes: Buffer, at: number[]): Buffer[] {
  const borders = [0, ...at.map((cut) => cut % bytes.length).sort((a, b) => a - b), bytes.length]
  return borders.slice(1).map((border, i) => bytes.subarray(borders[i], border))
}

test('whatever the pieces, all bytes pass unchanged and end at a border', () => {
  fc.assert(
    fc.property(fc.array(anyFrame, { minLength: 1, maxLength: 5 }), cuts, (frames, at) => {
      const bytes = Buffer.concat(frames)
      const follower = new FrameFollower(1_000_000)
      const passed = Buffer.concat(pieces(bytes, at).map((piece) => follower.follow(piece)))

      assert.deepEqual(passed, bytes)
      assert.ok(follower.isAtBorder)
    }),
    { numRuns: 200 },
  )
})

test('told to stop, it lets the frame under way through and nothing after it', () => {
  fc.assert(
    fc.property(anyFrame, anyFrame, fc.integer({ min: 0, max: 70_000 }), (first, second, cut) => {
      const bytes = Buffer.concat([first, second])
      const at = cut % first.length
      const follower = new FrameFollower(1_000_000)
      const before = follower.follow(bytes.subarray(0, at))
      const isBetween = follower.isAtBorder
      follower.stop()
      const after = follower.follow(bytes.subarray(at))

      assert.deepEqual(Buffer.concat([before, after]), isBetween ? Buffer.alloc(0) : first)
    }),
    { numRuns: 200 },
  )
})

test('of a message that is too large not even the frame that makes it so is let through', () => {
  const follower = new FrameFollower(10)
  const start = frame(Buffer.alloc(8), { fin: false })
  const ping = frame(Buffer.alloc(5), { opcode: 9 })

  const passed = follower.follow(Buffer.concat([start, ping, frame(Buffer.alloc(3), { opcode: 0 })]))

  assert.deepEqual(passed, Buffer.concat([start, ping]))
  assert.equal(follower.fault, 1009)
})

test('messages of the limit pass one after another', () => {
  const follower = new FrameFollower(10)
  const message = Buffer.concat([frame(Buffer.alloc(5), { fin: false }), frame(Buffer.alloc(5), { opcode: 0 })])

  assert.equal(follower.follow(Buffer.concat([message, message])).length, message.length * 2)
  assert.equal(follower.fault, undefined)
})

test('a control frame longer than 125 bytes is a protocol error', () => {
  const follower = new FrameFollower(1000)

  follower.follow(frame(Buffer.alloc(126), { opcode: 9 }))

  assert.equal(follower.fault, 1002)
})

test('a close frame carries code and reason, masked towards the service', () => {
  assert.deepEqual(closeFrame(1001, 'bye', false), Buffer.from([0x88, 5, 0x03, 0xe9, 0x62, 0x79, 0x65]))
  const masked = closeFrame(4401, '', true)
  const mask = masked.subarray(2, 6)

  assert.equal(masked[1], 0x82)
  assert.equal(Buffer.from(masked.subarray(6).map((byte, i) => byte ^ (mask[i % 4] as number))).readUInt16BE(0), 4401)
})
