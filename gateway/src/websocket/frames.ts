import { randomBytes } from 'node:crypto'

/** Close codes of RFC 6455 §7.4.1. */
export const GOING_AWAY = 1001
const PROTOCOL_ERROR = 1002
const MESSAGE_TOO_BIG = 1009
export const SERVICE_RESTART = 1012

const CONTINUATION = 0
const CLOSE = 8
const MAX_CONTROL_BYTES = 125
const NOTHING = Buffer.alloc(0)

/** Follows the frame headers of one direction (RFC 6455 §5.2); payloads are counted and not looked at. */
export class FrameFollower {
  readonly #maxMessageBytes: number
  #payloadLeft = 0
  #messageBytes = 0
  /** A header whose rest has not come: kept back, so that what was let through never ends inside one. */
  #held = NOTHING
  #isStopping = false
  /** Why nothing more is let through; undefined while all is well. */
  fault: number | undefined

  constructor(maxMessageBytes: number) {
    this.#maxMessageBytes = maxMessageBytes
  }

  /** True where a frame of our own may be put in. */
  get isAtBorder(): boolean {
    return this.#payloadLeft === 0
  }

  /** From now on only the rest of the frame under way is let through. */
  stop(): void {
    this.#isStopping = true
  }

  /** What of the next bytes is to be passed on. */
  follow(chunk: Buffer): Buffer {
    const bytes = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk])
    this.#held = NOTHING
    let at = 0
    while (at < bytes.length) {
      const seen = Math.min(this.#payloadLeft, bytes.length - at)
      this.#payloadLeft -= seen
      at += seen
      if (at === bytes.length || this.#isStopping) break
      const size = headerBytes(bytes, at)
      if (size > bytes.length - at) {
        // A copy: a view would keep the whole piece alive while a socket idles.
        this.#held = Buffer.from(bytes.subarray(at))
        break
      }
      this.#begin(bytes, at)
      if (this.fault !== undefined) break
      at += size
    }
    return at === bytes.length ? bytes : bytes.subarray(0, at)
  }

  #begin(bytes: Buffer, at: number): void {
    const opcode = (bytes[at] as number) & 0x0f
    const length = payloadBytes(bytes, at)
    if (opcode < CLOSE) this.#messageBytes = opcode === CONTINUATION ? this.#messageBytes + length : length
    if (opcode >= CLOSE && length > MAX_CONTROL_BYTES) this.fault = PROTOCOL_ERROR
    else if (this.#messageBytes > this.#maxMessageBytes) this.fault = MESSAGE_TOO_BIG
    if (this.fault === undefined) this.#payloadLeft = length
    else this.#isStopping = true
  }
}

/** Size of the header that begins here, as far as its first two bytes tell. */
function headerBytes(bytes: Buffer, at: number): number {
  if (bytes.length - at < 2) return 2
  const second = bytes[at + 1] as number
  const short = second & 0x7f
  const extended = short === 127 ? 8 : short === 126 ? 2 : 0
  return 2 + extended + (second >= 0x80 ? 4 : 0)
}

function payloadBytes(bytes: Buffer, at: number): number {
  const short = (bytes[at + 1] as number) & 0x7f
  if (short === 127) return bytes.readUInt32BE(at + 2) * 2 ** 32 + bytes.readUInt32BE(at + 6)
  return short === 126 ? bytes.readUInt16BE(at + 2) : short
}

/** A close frame with a short reason; masked as a client must (RFC 6455 §5.3) where it goes to the upstream. */
export function closeFrame(code: number, reason: string, isMasked: boolean): Buffer {
  const payload = Buffer.alloc(2 + Buffer.byteLength(reason))
  payload.writeUInt16BE(code)
  payload.write(reason, 2)
  if (!isMasked) return Buffer.concat([Buffer.from([0x80 | CLOSE, payload.length]), payload])
  const mask = randomBytes(4)
  const masked = payload.map((byte, i) => byte ^ (mask[i % 4] as number))
  return Buffer.concat([Buffer.from([0x80 | CLOSE, 0x80 | payload.length]), mask, masked])
}
