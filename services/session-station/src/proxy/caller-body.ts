import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { callerGone } from '../problems.ts'

/** So much of a body is kept, to be sent a second time or to be injected into. */
const KEPT_BYTES = 1024 * 1024
/** Of each body these are kept whatever others hold. */
const ALWAYS_BYTES = 64 * 1024

/** What all bodies together may keep besides, in bytes. */
export interface KeptRoom {
  left: number
}

/**
 * An agent's body on its way. Each attempt reads it from its beginning, as long as no more has come than is kept; an
 * attempt that is over leaves the agent's connection alone.
 */
export class CallerBody {
  readonly #request: IncomingMessage
  readonly #room: KeptRoom
  readonly #kept: Buffer[] = []
  #taken = 0
  #size = 0
  isRepeatable = true
  #isWhole = false
  #isGone = false
  #reader: Readable | undefined

  constructor(request: IncomingMessage, room: KeptRoom) {
    this.#request = request
    this.#room = room
    request.on('data', this.#take)
    request.once('end', () => this.#finish())
    request.once('close', () => this.#lose())
    request.on('error', () => this.#lose())
    request.pause()
  }

  /** Undefined where the request has none. */
  static of(request: IncomingMessage, room: KeptRoom): CallerBody | undefined {
    const { 'transfer-encoding': coding, 'content-length': length = '0' } = request.headers
    return coding === undefined && length === '0' ? undefined : new CallerBody(request, room)
  }

  /** In bytes; undefined where it comes in chunks. */
  get announced(): number | undefined {
    const length = this.#request.headers['content-length']
    return length === undefined ? undefined : Number(length)
  }

  /** True while the agent, not the target, is the one to act. */
  get isWaitedFor(): boolean {
    return this.#reader !== undefined && !this.#isWhole && !this.#request.isPaused()
  }

  /** From the beginning; whoever read it before gets no more. */
  reader(): Readable {
    const reader = new Readable({
      read: () => {
        if (!this.#isWhole) this.#request.resume()
      },
      destroy: (error, done) => {
        this.#leave(reader)
        done(error)
      },
    })
    // Whoever reads it hears of its end; nobody doing so must not end the process.
    reader.on('error', () => {})
    this.#reader = reader
    for (const chunk of this.#kept) reader.push(chunk)
    if (this.#isWhole) reader.push(null)
    else if (this.#isGone) reader.destroy(callerGone())
    return reader
  }

  /** All of it; undefined where that is more than is kept. */
  async whole(): Promise<Buffer | undefined> {
    if ((this.announced ?? 0) > KEPT_BYTES) return undefined
    for await (const _ of this.reader()) if (!this.isRepeatable) return undefined
    return Buffer.concat(this.#kept)
  }

  /** Once it is answered: the connection's next request stands behind what is left of this one. */
  discard(): void {
    this.#forget()
    const reader = this.#reader
    this.#reader = undefined
    reader?.destroy()
    this.#request.off('data', this.#take)
    this.#request.resume()
  }

  #take = (chunk: Buffer): void => {
    this.#size += chunk.length
    this.#keep(chunk)
    if (this.#reader?.push(chunk) !== true) this.#request.pause()
  }

  #keep(chunk: Buffer): void {
    if (!this.isRepeatable) return
    const more = Math.max(0, this.#size - ALWAYS_BYTES) - this.#taken
    this.isRepeatable = this.#size <= KEPT_BYTES && more <= this.#room.left
    if (!this.isRepeatable) {
      this.#forget()
      return
    }
    this.#room.left -= more
    this.#taken += more
    this.#kept.push(chunk)
  }

  #forget(): void {
    this.#kept.length = 0
    this.#room.left += this.#taken
    this.#taken = 0
  }

  #finish(): void {
    this.#isWhole = true
    this.#reader?.push(null)
  }

  #lose(): void {
    if (this.#isWhole) return
    this.#isGone = true
    this.#reader?.destroy(callerGone())
  }

  #leave(reader: Readable): void {
    if (this.#reader !== reader) return
    this.#reader = undefined
    this.#request.pause()
  }
}
