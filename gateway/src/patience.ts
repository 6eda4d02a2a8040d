/** Somebody who is waited for: looks at the clock and gives up in time. */
export interface Waiter {
  check(now: number): void
}

/** One timer for everything that is waited for, instead of one per request; `now` is milliseconds, a little old. */
export class Patience {
  now = performance.now()
  readonly #waiters = new Set<Waiter>()
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
    for (const waiter of this.#waiters) waiter.check(this.now)
  }
}
