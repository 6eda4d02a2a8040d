/** Text by key with an expiry, leases and messages. Every call rejects within a second when the store does not answer. */
export interface Store {
  get(key: string): Promise<string | undefined>
  set(key: string, value: string, ttlMs: number): Promise<void>
  /** Sets only what is absent; false when the key is there. */
  add(key: string, value: string, ttlMs: number): Promise<boolean>
  /** Sets only over what was read, undefined being nothing; false when something else is there by now. */
  replace(key: string, expected: string | undefined, value: string, ttlMs: number): Promise<boolean>
  /** Reads and deletes in one step: of many callers one gets the value. */
  take(key: string): Promise<string | undefined>
  /**
   * Counts one at each of the limits, or at none of them where one is reached: then it gives in how many ms that one may be
   * asked again, else undefined. `get` reads a count.
   */
  admit(limits: readonly Limit[]): Promise<number | undefined>
  /** Counts one less at each of `admitted`, never less than none, and none any more at those of `forgotten`. */
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
  /** Twice is once. */
  close(): Promise<void>
}

/** Messages sent while the subscription is down are lost, so what they would have changed is emptied at each `ready`. */
export interface Listener {
  message(text: string): void
  /** At the first and at every later subscription. */
  ready?(): void
  lost?(): void
}

/** A listener's place on a channel. */
export interface Subscription {
  close(): Promise<void>
}

/** `max` in a time that begins with the first. */
export interface Limit {
  key: string
  max: number
  windowMs: number
  /** Beyond `max` one is admitted at a time and makes the next wait, each twice as long; without it none is. */
  beyond?: { firstWaitMs: number; longestWaitMs: number }
}

/** While it is there nobody is admitted beyond the limit of `key`. */
export const waitKey = (key: string): string => `${key}:wait`

interface Lease {
  /** False when it has ended or is somebody else's by now. */
  renew(): Promise<boolean>
  /** Frees the key if it is still this holder's, and says whether it was. */
  release(): Promise<boolean>
}
