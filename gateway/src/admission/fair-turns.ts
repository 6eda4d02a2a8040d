import { accessUnknown } from '../problems.ts'

interface Turns {
  atOnce: number
  mostWaiting: number
}

interface Waiter {
  begin(): void
  refuse(): void
}

/**
 * So many at once; of those who wait, one of each origin in turn, so that whoever comes with very many waits behind their own
 * and keeps nobody else waiting for more than one of them.
 */
export class FairTurns {
  readonly #turns: Turns
  /** The origin whose turn is next stands first. */
  readonly #queues = new Map<string, Waiter[]>()
  #waiting = 0
  #running = 0

  constructor(turns: Turns) {
    this.#turns = turns
  }

  /** @throws Problem 503 `access-unknown` where too many wait, and what `work` throws */
  async run<T>(origin: string, work: () => Promise<T>): Promise<T> {
    if (this.#running < this.#turns.atOnce) this.#running += 1
    else
      await new Promise<void>((begin, refuse) => this.#wait(origin, { begin, refuse: () => refuse(accessUnknown()) }))
    try {
      return await work()
    } finally {
      this.#passOn()
    }
  }

  #wait(origin: string, waiter: Waiter): void {
    const queue = this.#queues.get(origin) ?? []
    if (this.#waiting >= this.#turns.mostWaiting && !this.#makeRoom(queue)) {
      waiter.refuse()
      return
    }
    this.#queues.set(origin, queue)
    queue.push(waiter)
    this.#waiting += 1
  }

  /** Sends away the last of the longest queue, unless that is hardly longer than the one of who asks. */
  #makeRoom(own: Waiter[]): boolean {
    let longest = own
    for (const queue of this.#queues.values()) if (queue.length > longest.length) longest = queue
    if (longest.length <= own.length + 1) return false
    longest.pop()?.refuse()
    this.#waiting -= 1
    return true
  }

  #passOn(): void {
    const [next] = this.#queues
    if (next === undefined) {
      this.#running -= 1
      return
    }
    const [origin, queue] = next
    this.#queues.delete(origin)
    const waiter = queue.shift()
    if (queue.length > 0) this.#queues.set(origin, queue)
    this.#waiting -= 1
    waiter?.begin()
  }
}
