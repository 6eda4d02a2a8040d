const REMEMBERED_MS = 10_000
const MAX_REMEMBERED = 10_000

/** API keys that user has refused, remembered for 10 s so that it is not asked about them again and again. */
export class UnknownKeys {
  readonly #now: () => number
  readonly #until = new Map<string, number>()

  constructor(now: () => number) {
    this.#now = now
  }

  has(key: string): boolean {
    const until = this.#until.get(key)
    return until !== undefined && this.#now() < until
  }

  add(key: string): void {
    this.#until.delete(key)
    this.#until.set(key, this.#now() + REMEMBERED_MS)
    if (this.#until.size > MAX_REMEMBERED) this.#until.delete(this.#until.keys().next().value as string)
  }

  clear(): void {
    this.#until.clear()
  }
}
