import { deadline } from '@munjigi/deadline'

/** Somebody who waits for a turn. */
export interface Waiter {
  begin(): void
  refuse(reason: Error): void
}

/** Those who wait, in the order in which their turns come; `Whose` is what that order goes by. */
export interface Line<Whose> {
  /** Gives what takes the waiter out again. @throws what refuses whoever is one too many */
  join(waiter: Waiter, whose: Whose): () => void
  /** Takes out whose turn it is. */
  next(): Waiter | undefined
}

interface Patience {
  ms: number
  refusal: () => Error
}

/** So many turns at once; one that ends passes to the next in line, so that nobody who comes just then is in between. */
export class Turns<Whose> {
  readonly #atOnce: number
  readonly #line: Line<Whose>
  #running = 0

  constructor(atOnce: number, line: Line<Whose>) {
    this.#atOnce = atOnce
    this.#line = line
  }

  /** Nobody has a turn, and so nobody waits. */
  get isIdle(): boolean {
    return this.#running === 0
  }

  /** Resolves with what gives the turn back, once. @throws what the line refuses with, and `refusal()` after `ms` of waiting */
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

/** A line in which they stand as they came; where `most` wait already, `refusal()` is thrown. */
export function queue(bound?: { most: number; refusal: () => Error }): Line<unknown> {
  const waiting: Waiter[] = []
  return {
    join(waiter) {
      if (bound && waiting.length >= bound.most) throw bound.refusal()
      waiting.push(waiter)
      return () => void waiting.splice(waiting.indexOf(waiter), 1)
    },
    next: () => waiting.shift(),
  }
}
