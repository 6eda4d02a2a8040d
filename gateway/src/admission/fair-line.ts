import type { Line, Waiter } from '@munjigi/turns'
import { accessUnknown } from '../problems.ts'

/**
 * Of those who wait, one of each origin in turn, so that whoever comes with very many waits behind their own and keeps
 * nobody else waiting for more than one of them. Where too many wait, Problem 503 `access-unknown` refuses one.
 */
export class FairLine implements Line<string> {
  readonly #mostWaiting: number
  /** The origin whose turn is next stands first. */
  readonly #queues = new Map<string, Waiter[]>()
  #waiting = 0

  constructor(mostWaiting: number) {
    this.#mostWaiting = mostWaiting
  }

  join(waiter: Waiter, origin: string): () => void {
    const queue = this.#queues.get(origin) ?? []
    if (this.#waiting >= this.#mostWaiting) this.#makeRoom(queue)
    this.#queues.set(origin, queue)
    queue.push(waiter)
    this.#waiting += 1
    return () => this.#leave(waiter, origin)
  }

  next(): Waiter | undefined {
    const [next] = this.#queues
    if (next === undefined) return undefined
    const [origin, queue] = next
    this.#queues.delete(origin)
    const waiter = queue.shift()
    if (queue.length > 0) this.#queues.set(origin, queue)
    this.#waiting -= 1
    return waiter
  }

  /** Sends away the last of the longest queue; where that is hardly longer than the one of who asks, who asks. */
  #makeRoom(own: Waiter[]): void {
    let longest = own
    for (const queue of this.#queues.values()) if (queue.length > longest.length) longest = queue
    if (longest.length <= own.length + 1) throw accessUnknown()
    longest.pop()?.refuse(accessUnknown())
    this.#waiting -= 1
  }

  #leave(waiter: Waiter, origin: string): void {
    const left = (this.#queues.get(origin) ?? []).filter((other) => other !== waiter)
    if (left.length > 0) this.#queues.set(origin, left)
    else this.#queues.delete(origin)
    this.#waiting -= 1
  }
}
