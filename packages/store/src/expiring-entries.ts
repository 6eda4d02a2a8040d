const SWEEP_INTERVAL_MS = 10_000

interface Entry {
  value: string
  endsAt: number
}

/** Text by key, each with the time at which it ends. */
export class ExpiringEntries {
  readonly #entries = new Map<string, Entry>()
  readonly #sweep = setInterval(() => this.#removeEnded(), SWEEP_INTERVAL_MS).unref()
  #isClosed = false

  find(key: string): string | undefined {
    return this.#live(key)?.value
  }

  /** When the entry ends, in milliseconds since 1970. */
  endOf(key: string): number | undefined {
    return this.#live(key)?.endsAt
  }

  put(key: string, value: string, ttlMs: number): void {
    this.assertOpen()
    if (!Number.isInteger(ttlMs) || ttlMs <= 0) throw new RangeError('a ttl is a positive whole number of milliseconds')
    this.#entries.set(key, { value, endsAt: Date.now() + ttlMs })
  }

  /** Another value for a live entry, which ends when it would have. */
  replaceValue(key: string, value: string): void {
    const entry = this.#live(key)
    if (entry !== undefined) entry.value = value
  }

  delete(key: string): boolean {
    return this.#entries.delete(key)
  }

  assertOpen(): void {
    if (this.#isClosed) throw new Error('the store is closed')
  }

  close(): void {
    this.#isClosed = true
    clearInterval(this.#sweep)
    this.#entries.clear()
  }

  #live(key: string): Entry | undefined {
    this.assertOpen()
    const entry = this.#entries.get(key)
    return entry && entry.endsAt > Date.now() ? entry : undefined
  }

  #removeEnded(): void {
    for (const [key, { endsAt }] of this.#entries) if (endsAt <= Date.now()) this.#entries.delete(key)
  }
}
