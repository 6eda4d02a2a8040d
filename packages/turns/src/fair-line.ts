import type { Line, Waiter } from './turns.ts'

/** How many may wait, and what refuses one where more do. */
interface Bound {
  most: number
  refusal: () => Error
}

/**
 * Round robin over origins: whoever sends very many requests waits behind their own, and delays anybody else by one of them
 * at most. Where too many wait, the last of the origin with most of them is refused.
 */
export class FairLine implements Line<string> {
  readonly #bound: Bound
  /** In the order in which the origins have their turns. */
  readonly #queues = new Map<string, Waiter[]>()
  #waiting = 0

  constructor(bound: Bound) {
    this.#bound = bound
  }

  join(waiter: Waiter, origin: string): () => void {
    const queue = this.#queues.get(origin) ?? []
    if (this.#waiting >= this.#bound.most) this.#makeRoom(queue)
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

  /** Refuses the last of the longest queue, or the newcomer where their own would then be no shorter than that one. */
  #makeRoom(own: Waiter[]): void {
    let longest = own
    for (const queue of this.#queues.values()) if (queue.length > longest.length) longest = queue
    if (longest.length <= own.length + 1) throw this.#bound.refusal()
    longest.pop()?.refuse(this.#bound.refusal())
    this.#waiting -= 1
  }

  #leave(waiter: Waiter, origin: string): void {
    const queue = this.#queues.get(origin) ?? []
    const place = queue.indexOf(waiter)
    if (place === -1) return
    queue.splice(place, 1)
    if (queue.length === 0) this.#queues.delete(origin)
    this.#waiting -= 1
  }
}
