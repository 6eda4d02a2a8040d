import type { Socket } from 'node:net'
import type { Patience, Waiter } from '../door/patience.ts'
import { NOWHERE } from '../door/roster.ts'
import { closeFrame, FrameFollower, GOING_AWAY } from './frames.ts'

/** As long as a side may take to close once it was told to. */
const CLOSING_MS = 1000
/** As long as one side may stay half open after the other has ended by itself. */
const HALF_OPEN_MS = 10_000
const KEEP_ALIVE_MS = 60_000

interface RelayOptions {
  client: Socket
  upstream: Socket
  maxMessageBytes: number
  idleTimeoutMs: number
  patience: Patience
  /** Called once, when both sockets are gone. */
  onEnd(): void
}

/** A WebSocket between caller and service: bytes go through as they are, and a close goes only between two frames. */
export class Relay implements Waiter {
  readonly #client: Socket
  readonly #upstream: Socket
  readonly #fromClient: FrameFollower
  readonly #fromUpstream: FrameFollower
  readonly #idleTimeoutMs: number
  readonly #patience: Patience
  readonly #onEnd: () => void
  place = NOWHERE
  #movedAt: number
  #closing: { code: number; reason: string } | undefined
  #isOver = false
  #deadline = Number.POSITIVE_INFINITY

  constructor({ client, upstream, maxMessageBytes, idleTimeoutMs, patience, onEnd }: RelayOptions) {
    this.#client = client
    this.#upstream = upstream
    this.#fromClient = new FrameFollower(maxMessageBytes)
    this.#fromUpstream = new FrameFollower(maxMessageBytes)
    this.#idleTimeoutMs = idleTimeoutMs
    this.#patience = patience
    this.#onEnd = onEnd
    this.#movedAt = patience.now
    patience.add(this)
    this.#join(client, upstream, this.#fromClient)
    this.#join(upstream, client, this.#fromUpstream)
  }

  /** Ends both sides with a close frame at the next border between frames, and without one after a second. */
  close(code: number, reason: string): void {
    if (this.#closing !== undefined) return
    this.#closing = { code, reason }
    this.#deadline = Math.min(this.#deadline, performance.now() + CLOSING_MS)
    this.#fromClient.stop()
    this.#fromUpstream.stop()
    this.#finishAtBorder(this.#client, this.#fromUpstream)
    this.#finishAtBorder(this.#upstream, this.#fromClient)
  }

  check(now: number): void {
    if (now > this.#deadline) {
      this.#client.destroy()
      this.#upstream.destroy()
    } else if (now - this.#movedAt > this.#idleTimeoutMs) {
      this.close(GOING_AWAY, 'idle')
    }
  }

  #join(from: Socket, to: Socket, follower: FrameFollower): void {
    from.setNoDelay(true)
    from.setKeepAlive(true, KEEP_ALIVE_MS)
    from.on('data', (chunk: Buffer) => this.#pass(chunk, from, to, follower))
    from.on('end', () => this.#ended(to))
    from.on('error', () => to.destroy())
    from.on('close', () => this.#closed(to))
    to.on('drain', () => from.resume())
  }

  #pass(chunk: Buffer, from: Socket, to: Socket, follower: FrameFollower): void {
    this.#movedAt = this.#patience.now
    if (to.writableEnded) return
    const bytes = follower.follow(chunk)
    if (bytes.length > 0 && !to.write(bytes)) from.pause()
    if (follower.fault !== undefined) this.close(follower.fault, '')
    else if (this.#closing !== undefined) this.#finishAtBorder(to, follower)
  }

  #finishAtBorder(to: Socket, follower: FrameFollower): void {
    if (this.#closing === undefined || !follower.isAtBorder || to.writableEnded) return
    to.end(closeFrame(this.#closing.code, this.#closing.reason, to === this.#upstream))
  }

  #ended(to: Socket): void {
    if (!to.writableEnded) to.end()
    this.#deadline = Math.min(this.#deadline, performance.now() + HALF_OPEN_MS)
  }

  #closed(to: Socket): void {
    if (!to.destroyed) this.#ended(to)
    else if (!this.#isOver) this.#finish()
  }

  #finish(): void {
    this.#isOver = true
    this.#patience.delete(this)
    this.#onEnd()
  }
}
