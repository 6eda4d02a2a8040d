/** Text by key with an expiry, leases and messages. Every call rejects within a second when the store does not answer. */
export interface Store {
  get(key: string): Promise<string | undefined>
  set(key: string, value: string, ttlMs: number): Promise<void>
  /** Sets only what is absent; false when the key is there. */
  add(key: string, value: string, ttlMs: number): Promise<boolean>
  /** Sets only while the value is still `expected`, undefined meaning that there is none; false when it is another by now. */
  replace(key: string, expected: string | undefined, value: string, ttlMs: number): Promise<boolean>
  /** Reads and deletes in one step: of many callers only one gets the value. */
  take(key: string): Promise<string | undefined>
  /**
   * Counts one at every limit and gives undefined. Where a limit is reached it counts nothing, and gives after how many
   * milliseconds that limit may be tried again. `get` reads a count.
   */
  admit(limits: readonly Limit[]): Promise<number | undefined>
  /** Takes one off the count of each key of `admitted`, down to 0, and resets those of `forgotten`. */
  giveBack(keys: { admitted: readonly string[]; forgotten: readonly string[] }): Promise<void>
  /** True when there was something to remove. */
  remove(key: string): Promise<boolean>
  /** Undefined while somebody else holds `key`. */
  lease(key: string, ttlMs: number): Promise<Lease | undefined>
  publish(channel: string, message: string): Promise<void>
  /** Resolves at the first `ready`, or after half a second without; it goes on trying by itself. */
  subscribe(channel: string, listener: Listener): Promise<Subscription>
  /** Throws when the store is gone, frozen or takes no writes. */
  isAlive(): Promise<void>
  /** Closing twice is harmless. */
  close(): Promise<void>
}

/** Messages sent while the subscription is down are lost, so a listener forgets at each `ready` what they would have changed. */
export interface Listener {
  message(text: string): void
  /** Called at the first subscription and after every reconnection. */
  ready?(): void
  lost?(): void
}

/** A listener's place on a channel. */
export interface Subscription {
  close(): Promise<void>
}

/** At most `max` in `windowMs`, which begin with the first. */
export interface Limit {
  key: string
  max: number
  windowMs: number
  /** Where given, more than `max` are admitted too, but each makes the next wait, twice as long every time. */
  beyond?: { firstWaitMs: number; longestWaitMs: number }
}

/** The key that stands while nobody is admitted beyond the limit of `key`. */
export const waitKey = (key: string): string => `${key}:wait`

interface Lease {
  /** False when the lease has ended, or is somebody else's by now. */
  renew(): Promise<boolean>
  /** Frees the key if it is still this holder's, and says whether it was. */
  release(): Promise<boolean>
}
