import { write, writeSync } from 'node:fs'
import type { LineSink } from './access-log.ts'

const LUMP_BYTES = 32 * 1024
const FLUSH_MS = 500
const RETRY_MS = 50
/** What is kept when the reader stands still; lines beyond it are lost, requests are not. */
const MAX_WAITING_LUMPS = 512

/** Writes lines to a file descriptor in lumps, asynchronously; what is left at the exit is written then. */
export class LumpWriter implements LineSink {
  readonly #fd: number
  #lump = Buffer.allocUnsafeSlow(LUMP_BYTES)
  #used = 0
  /** The first one is being written. */
  readonly #waiting: Buffer[] = []
  #isWriting = false
  readonly #timer = setInterval(() => this.#flush(), FLUSH_MS).unref()
  readonly #onExit = () => this.#writeAll()
  #closed: (() => void) | undefined

  constructor(fd: number) {
    this.#fd = fd
    process.once('exit', this.#onExit)
  }

  write(line: string): void {
    if (line.length > LUMP_BYTES - this.#used) this.#flush()
    this.#used += this.#lump.write(line, this.#used, 'latin1')
  }

  /** Resolves when all has been written. */
  close(): Promise<void> {
    clearInterval(this.#timer)
    process.off('exit', this.#onExit)
    this.#flush()
    return new Promise((resolve) => {
      this.#closed = resolve
      this.#next()
    })
  }

  #flush(): void {
    if (this.#used === 0) return
    if (this.#waiting.length < MAX_WAITING_LUMPS) {
      this.#waiting.push(this.#lump.subarray(0, this.#used))
      this.#lump = Buffer.allocUnsafeSlow(LUMP_BYTES)
    }
    this.#used = 0
    this.#next()
  }

  #next(): void {
    const [lump] = this.#waiting
    if (lump === undefined) this.#closed?.()
    else if (!this.#isWriting) {
      this.#isWriting = true
      write(this.#fd, lump, this.#wrote)
    }
  }

  #wrote = (error: NodeJS.ErrnoException | null, bytes: number): void => {
    if (error?.code === 'EAGAIN') {
      setTimeout(() => this.#again(), RETRY_MS)
      return
    }
    const [lump] = this.#waiting
    // A reader that has gone for good must not fill the memory.
    if (error !== null || lump === undefined || bytes === lump.length) this.#waiting.shift()
    else this.#waiting[0] = lump.subarray(bytes)
    this.#again()
  }

  #again(): void {
    this.#isWriting = false
    this.#next()
  }

  #writeAll(): void {
    const rest = [...this.#waiting.slice(Number(this.#isWriting)), this.#lump.subarray(0, this.#used)]
    try {
      writeSync(this.#fd, Buffer.concat(rest))
    } catch {
      // The process is ending, and nobody reads.
    }
  }
}
