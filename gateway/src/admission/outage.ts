import { Problem } from '@munjigi/problem'
import type { FastifyBaseLogger } from 'fastify'
import { accessUnknown } from '../problems.ts'

const COOL_DOWN_MS = 500
/** One question without an answer may be a hiccup. */
const FAILURES_OF_AN_OUTAGE = 2

/** Knows whether user answers, so that in an outage nobody waits but one question at a time. */
export class Outage {
  readonly #log: Pick<FastifyBaseLogger, 'info' | 'warn'>
  #failures = 0
  #isTrying = false
  #answeredAt = 0
  #failedAt = 0

  constructor(log: Pick<FastifyBaseLogger, 'info' | 'warn'>) {
    this.#log = log
  }

  get isOn(): boolean {
    return this.#failures >= FAILURES_OF_AN_OUTAGE
  }

  /** Asks, unless nobody would answer. @throws Problem 503 `access-unknown` at once in an outage */
  async ask<T>(question: () => Promise<T>): Promise<T> {
    const startedAt = performance.now()
    const isTry = this.#requireTurn(startedAt)
    try {
      const answer = await question()
      this.#noteAnswer()
      return answer
    } catch (error) {
      this.#noteError(error, startedAt)
      throw error
    } finally {
      if (isTry) this.#isTrying = false
    }
  }

  #requireTurn(now: number): boolean {
    if (!this.isOn) return false
    if (this.#isTrying || now - this.#failedAt < COOL_DOWN_MS) throw accessUnknown()
    this.#isTrying = true
    return true
  }

  #noteAnswer(): void {
    if (this.isOn) this.#log.info('user service answers again')
    this.#answeredAt = performance.now()
    this.#failures = 0
  }

  #noteError(error: unknown, startedAt: number): void {
    if (error instanceof Problem && error.status !== 503) this.#noteAnswer()
    // An answer since then, to this or to somebody else's question: user is there.
    if (this.#answeredAt >= startedAt) return
    this.#failures += 1
    this.#failedAt = performance.now()
    if (this.#failures === FAILURES_OF_AN_OUTAGE) this.#log.warn({ err: error }, 'user service does not answer')
  }
}
