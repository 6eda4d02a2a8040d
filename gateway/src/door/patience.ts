import { type Member, Roster } from './roster.ts'

/** Somebody who is waited for: looks at the clock and gives up in time. */
export interface Waiter extends Member {
  check(now: number): void
}

/** One timer for everything that is waited for, instead of one per request; `now` is milliseconds, a little old. */
export class Patience {
  now = performance.now()
  readonly #waiters = new Roster<Waiter>()
  readonly #timer: NodeJS.Timeout

  constructor(intervalMs: number) {
    this.#timer = setInterval(() => this.#look(), intervalMs).unref()
  }

  add(waiter: Waiter): void {
    this.#waiters.add(waiter)
  }

  delete(waiter: Waiter): void {
    this.#waiters.delete(waiter)
  }

  close(): void {
    clearInterval(this.#timer)
  }

  #look(): void {
    this.now = performance.now()
    this.#waiters.visitAll((waiter) => waiter.check(this.now))
  }
}
