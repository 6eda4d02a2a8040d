import { randomFillSync } from 'node:crypto'

const TRACEPARENT = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/
const PARENT_BYTES = 8
const TRACE_BYTES = 16

// One call for many ids: the random source is dearer than the bytes.
const pool = Buffer.allocUnsafe(4096)
let used = pool.length

/** True for a `traceparent` that may go on as it is (W3C Trace Context §3.2.2). */
export const isTraceparent = (given: string | string[] | undefined): given is string =>
  typeof given === 'string' && TRACEPARENT.test(given)

/** The beginning of a trace, sampled as far as the services wish. */
export const newTraceparent = (): string => `00-${randomHex(TRACE_BYTES)}-${randomHex(PARENT_BYTES)}-01`

function randomHex(bytes: number): string {
  if (used + bytes > pool.length) {
    randomFillSync(pool)
    used = 0
  }
  used += bytes
  return pool.toString('hex', used - bytes, used)
}
