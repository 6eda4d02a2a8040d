import { Client } from 'undici'

/**
 * The connections to one service, one request at a time on each. Undici's Pool looks through all of them at every
 * request and hears by events which are free: a tenth of what a request costs.
 */
export class Connections {
  readonly #origin: string
  readonly #options: Client.Options
  readonly #idle: Client[] = []
  readonly #all: Client[] = []
  #most: number

  constructor(origin: string, most: number, options: Client.Options) {
    this.#origin = origin
    this.#most = most
    this.#options = options
  }

  /** Undefined where all are taken; whoever takes one gives it back when undici has said the last of its request. */
  take(): Client | undefined {
    return this.#idle.pop() ?? this.#open()
  }

  give(client: Client): void {
    this.#idle.push(client)
  }

  /** No new requests; those under way finish. */
  async close(): Promise<void> {
    await Promise.all(this.#leave().map((client) => client.close()))
  }

  async destroy(): Promise<void> {
    await Promise.all(this.#leave().map((client) => client.destroy()))
  }

  #open(): Client | undefined {
    if (this.#all.length >= this.#most) return undefined
    const client = new Client(this.#origin, this.#options)
    this.#all.push(client)
    return client
  }

  #leave(): Client[] {
    this.#most = 0
    this.#idle.length = 0
    return this.#all
  }
}
