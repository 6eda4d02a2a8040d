import type { TraceMessage } from '@munjigi/contracts/trace'
import type { UserContext } from '@munjigi/identity/user-context'
import type { WebSocket } from 'ws'
import type { TraceKey, TraceStore } from './store.ts'

const PAGE = 20
/** More than a page of the largest entries, so that only a reader who falls behind meets it. */
const BUFFER_LIMIT_BYTES = 2 * 1024 * 1024
const PAGE_LIMIT_MS = 15_000

interface Listening {
  user: UserContext
  trace: TraceKey
  after: number
  traces: TraceStore
  onError(error: unknown): void
}

/**
 * One open socket on one trace. It sends entries in the order of their seq by reading on from the last one it sent:
 * announcements only say that there is something to read, so losing or doubling one loses and doubles no entry.
 */
export class Listener {
  readonly user: UserContext
  readonly #socket: WebSocket
  readonly #listening: Listening
  #sent: number
  #announced = 0
  #isReading = false
  #waitingSince: number | undefined
  #seenAt = Date.now()

  constructor(socket: WebSocket, listening: Listening) {
    this.user = listening.user
    this.#socket = socket
    this.#listening = listening
    this.#sent = listening.after
    socket.on('pong', () => {
      this.#seenAt = Date.now()
    })
    socket.on('message', (data, isBinary) => this.#receive(isBinary ? '' : String(data)))
    // Each ping is answered by a pong, which a peer that does not read piles up too.
    socket.on('ping', () => this.#requirePace())
    void this.readOn()
  }

  /** Entries up to `seq` are there. */
  announce(seq: number): void {
    if (seq <= this.#sent) return
    this.#announced += 1
    void this.readOn()
  }

  /** Sends what is there and was not sent yet. */
  async readOn(): Promise<void> {
    if (this.#isReading || !this.#isOpen) return
    this.#isReading = true
    try {
      let answered: number
      do {
        answered = this.#announced
        while (await this.#sendPage());
      } while (this.#announced > answered)
    } catch (error) {
      // The next announcement or heartbeat reads on from the same place.
      this.#listening.onError(error)
    } finally {
      this.#isReading = false
    }
  }

  /** Asks the peer for a sign of life; cuts one that gave none for `limitMs`, or has not taken a page for 15 s. */
  ask(limitMs: number): void {
    const now = Date.now()
    if (now - this.#seenAt > limitMs) this.#socket.terminate()
    else if (now - (this.#waitingSince ?? now) > PAGE_LIMIT_MS) this.#closeAsSlow()
    else this.#socket.ping()
  }

  close(code: number, reason: string): void {
    // ws cuts a peer that does not answer within 30 s, and sends nothing more until then.
    this.#socket.close(code, reason)
  }

  #receive(text: string): void {
    this.#seenAt = Date.now()
    const type = heartbeatIn(text)
    if (type === undefined) this.close(1008, 'only ping and pong are read here')
    if (type === 'ping') this.#send({ type: 'pong' })
  }

  /** True when there may be more. */
  async #sendPage(): Promise<boolean> {
    const { trace, traces } = this.#listening
    const entries = await traces.listEntries(trace, this.#sent, PAGE)
    const { promise: flushed, resolve } = Promise.withResolvers<void>()
    for (const entry of entries) {
      this.#send({ type: 'entry', entry }, entry === entries.at(-1) ? () => resolve() : undefined)
      this.#sent = entry.seq
    }
    const isFull = entries.length === PAGE
    if (isFull) {
      // A long past goes at the reader's pace: one page waits here, the rest in the database.
      this.#waitingSince = Date.now()
      await flushed
      this.#waitingSince = undefined
    }
    return isFull && this.#isOpen
  }

  get #isOpen(): boolean {
    return this.#socket.readyState === this.#socket.OPEN
  }

  #send(message: TraceMessage, flushed?: () => void): void {
    this.#socket.send(JSON.stringify(message), flushed)
    this.#requirePace()
  }

  #requirePace(): void {
    if (this.#socket.bufferedAmount > BUFFER_LIMIT_BYTES) this.#closeAsSlow()
  }

  #closeAsSlow(): void {
    this.close(1013, 'reading too slowly: go on with ?after=')
  }
}

function heartbeatIn(text: string): 'ping' | 'pong' | undefined {
  try {
    const { type } = JSON.parse(text) as { type?: unknown }
    return type === 'ping' || type === 'pong' ? type : undefined
  } catch {
    // No JSON, or JSON that is no object.
    return undefined
  }
}
