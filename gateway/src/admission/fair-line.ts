import type { Line, Waiter } from '@munjigi/turns'
import { accessUnknown } from '../problems.ts'

/**
 * Round robin over origins: whoever sends very many requests waits behind their own, and delays anybody else by one of them
 * at most. Where too many wait, one is refused with Problem 503 `access-unknown`.
 */
export class FairLine implements Line<string> {
  readonly #mostWaiting: number
  /** In the order in which the origins have their turns. */
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

  /** Refuses the last of the longest queue, or the newcomer where their own would then be no shorter than that one. */
  #makeRoom(own: Waiter[]): void {
    let longest = own
    for (const queue of this.#queues.values()) if (queue.length > longest.length) longest = queue
    if (longest.length <= own.length + 1) throw accessUnknown()
    longest.pop()?.refuse(accessUnknown())
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
