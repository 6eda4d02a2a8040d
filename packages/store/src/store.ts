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
   * Adds `step`, a whole number, to what is counted there, 0 at first; the time begins with the first, and `get` reads the
   * count. What is taken away where nothing is counted any more stays 0.
   */
  count(key: string, step: number, ttlMs: number): Promise<Count>
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

export interface Count {
  count: number
  endsInMs: number
}

interface Lease {
  /** False when it has ended or is somebody else's by now. */
  renew(): Promise<boolean>
  /** Frees the key if it is still this holder's, and says whether it was. */
  release(): Promise<boolean>
}
