import { createHmac } from 'node:crypto'

const PERIOD_MS = 30_000
/** Steps to either side of now (RFC 6238 §5.2). */
const DRIFT_STEPS = 1
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** Accepts each code once (RFC 6238 §5.2), six digits of SHA-1. */
export function totpCodes(secret: string) {
  const key = bytesOf(secret)
  let lastStep = 0
  return {
    take(code: unknown): boolean {
      const now = Math.floor(Date.now() / PERIOD_MS)
      for (let step = Math.max(now - DRIFT_STEPS, lastStep + 1); step <= now + DRIFT_STEPS; step += 1)
        if (codeAt(key, step) === code) {
          lastStep = step
          return true
        }
      return false
    },
  }
}

/** RFC 4226 §5.3. */
function codeAt(key: Buffer, step: number): string {
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(step))
  const digest = createHmac('sha1', key).update(counter).digest()
  const offset = (digest.at(-1) ?? 0) & 0xf
  return String((digest.readUInt32BE(offset) & 0x7fff_ffff) % 1_000_000).padStart(6, '0')
}

/** RFC 4648 §6. */
function bytesOf(base32: string): Buffer {
  const bits = [...base32].map((letter) => ALPHABET.indexOf(letter).toString(2).padStart(5, '0')).join('')
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)))
}
