const FIRST_BYTES = 16 * 1024
/** Every answer may have these, whatever others hold. */
const ALWAYS_BYTES = 64 * 1024

/** What all answers together may hold besides, in bytes. */
export interface Room {
  left: number
}

/**
 * The body of an answer as it comes in. Copied together: a target that sends one byte a chunk would fill the memory with
 * chunks; and from a room that all share: so would many large answers at once.
 */
export class AnswerBytes {
  length = 0
  #buffer = Buffer.allocUnsafe(FIRST_BYTES)
  #taken = 0
  readonly #room: Room

  constructor(room: Room) {
    this.#room = room
  }

  /** False: there is no room for it, and nothing is added. */
  add(chunk: Buffer): boolean {
    const length = this.length + chunk.length
    if (length > this.#buffer.length && !this.#grow(Math.max(length, 2 * this.#buffer.length))) return false
    chunk.copy(this.#buffer, this.length)
    this.length = length
    return true
  }

  /** What was collected; its room is free for others. */
  end(): Buffer {
    this.#room.left += this.#taken
    this.#taken = 0
    return this.#buffer.subarray(0, this.length)
  }

  #grow(size: number): boolean {
    const more = Math.max(0, size - ALWAYS_BYTES) - this.#taken
    if (more > this.#room.left) return false
    this.#room.left -= more
    this.#taken += more
    const larger = Buffer.allocUnsafe(size)
    this.#buffer.copy(larger, 0, 0, this.length)
    this.#buffer = larger
    return true
  }
}
