import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import type { Patience, Waiter } from '../door/patience.ts'
import { NOWHERE } from '../door/roster.ts'
import { requestTimeout } from '../problems.ts'
import { bodyTooLarge } from './problems.ts'

/** A caller has this long for the beginning, and then must send at least so much a second. */
const GRACE_MS = 20_000
const LEAST_BYTES_PER_MS = 1

/** Length in bytes of a body that is announced: 0 where there is none, -1 where it comes in chunks. */
export function announcedLength({ headers }: IncomingMessage): number {
  if (headers['transfer-encoding'] !== undefined) return -1
  const length = headers['content-length']
  return length === undefined ? 0 : Number(length)
}

/**
 * A caller's body on its way: counted, held to a limit and to a least speed. Destroying it leaves the caller's
 * connection alone, which destroying the request itself would not.
 */
export class RequestBody extends Readable implements Waiter {
  readonly #request: IncomingMessage
  readonly #limitBytes: number
  readonly #patience: Patience
  place = NOWHERE
  #received = 0
  #deadline: number
  #isHeldBack = false

  constructor(request: IncomingMessage, limitBytes: number, patience: Patience) {
    super()
    this.#request = request
    this.#limitBytes = limitBytes
    this.#patience = patience
    this.#deadline = patience.now + GRACE_MS
    // Whoever reads it hears of its end; a late reader's absence must not end the process.
    this.on('error', () => {})
    request.on('data', this.#take)
    request.once('end', this.#finish)
    request.pause()
    patience.add(this)
  }

  /** True while the caller, not the upstream, is the one to act. */
  get isWaitedFor(): boolean {
    return !this.#isHeldBack && !this.readableEnded && !this.#request.complete
  }

  check(now: number): void {
    if (this.#isHeldBack) this.#deadline = now + GRACE_MS
    else if (now > this.#deadline) this.destroy(requestTimeout())
  }

  override _read(): void {
    this.#isHeldBack = false
    this.#request.resume()
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#patience.delete(this)
    this.#request.off('data', this.#take)
    this.#request.off('end', this.#finish)
    callback(error)
  }

  #take = (chunk: Buffer): void => {
    this.#received += chunk.length
    this.#deadline += chunk.length / LEAST_BYTES_PER_MS
    if (this.#received > this.#limitBytes) this.destroy(bodyTooLarge(this.#limitBytes))
    else if (!this.push(chunk)) this.#holdBack()
  }

  #finish = (): void => {
    this.push(null)
  }

  #holdBack(): void {
    this.#isHeldBack = true
    this.#request.pause()
  }
}
