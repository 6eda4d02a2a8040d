import { deadline } from '@munjigi/deadline'

/** Somebody who waits for a turn. */
export interface Waiter {
  begin(): void
  refuse(reason: Error): void
}

/** Decides who is next among those who wait; `Whose` says on whose behalf somebody waits. */
export interface Line<Whose> {
  /**
   * Returns a function by which the waiter leaves, which does nothing once they are out of the line.
   * @throws the line's own refusal where it is full
   */
  join(waiter: Waiter, whose: Whose): () => void
  /** Takes the next waiter out of the line. */
  next(): Waiter | undefined
}

interface Patience {
  ms: number
  refusal: () => Error
}

/** At most `atOnce` turns at a time. One that ends passes straight to the next in line, so that no newcomer slips in between. */
export class Turns<Whose> {
  readonly #atOnce: number
  readonly #line: Line<Whose>
  #running = 0

  constructor(atOnce: number, line: Line<Whose>) {
    this.#atOnce = atOnce
    this.#line = line
  }

  /** Whether nobody has a turn, and so nobody waits for one. */
  get isIdle(): boolean {
    return this.#running === 0
  }

  /** Resolves with a function that ends the turn and is called once. @throws the line's refusal, and `refusal()` after `ms` of waiting */
  async take(whose: Whose, patience?: Patience): Promise<() => void> {
    if (this.#running < this.#atOnce) this.#running += 1
    else await this.#wait(whose, patience)
    return () => this.#pass()
  }

  #wait(whose: Whose, patience: Patience | undefined): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const leave = this.#line.join({ begin: resolve, refuse: reject }, whose)
    if (patience === undefined) return promise
    const callOff = deadline(patience.ms, () => {
      leave()
      reject(patience.refusal())
    })
    return promise.finally(callOff)
  }

  #pass(): void {
    const next = this.#line.next()
    if (next) next.begin()
    else this.#running -= 1
  }
}

/** First come, first served; where `most` wait already, `refusal()` is thrown. */
export function queue(bound?: { most: number; refusal: () => Error }): Line<unknown> {
  const waiting: Waiter[] = []
  return {
    join(waiter) {
      if (bound && waiting.length >= bound.most) throw bound.refusal()
      waiting.push(waiter)
      return () => {
        const place = waiting.indexOf(waiter)
        if (place !== -1) waiting.splice(place, 1)
      }
    },
    next: () => waiting.shift(),
  }
}
