/** A map of at most `limit` entries, and at most `most` of what they weigh, that keeps what was read or set lately. */
export interface RecentlyUsed<Value> {
  get(key: string): Value | undefined
  set(key: string, value: Value): void
  delete(key: string): void
}

/** Two halves: what is in use moves to the newer one, and the older is let go when that is full. */
export function recentlyUsed<Value>(
  limit: number,
  { weigh, most }: { weigh: (value: Value) => number; most: number },
): RecentlyUsed<Value> {
  let newer = new Map<string, Value>()
  let older = new Map<string, Value>()
  let weight = 0

  function set(key: string, value: Value) {
    forget(key)
    older.delete(key)
    if (newer.size >= limit / 2 || weight + weigh(value) > most / 2) {
      older = newer
      newer = new Map()
      weight = 0
    }
    newer.set(key, value)
    weight += weigh(value)
  }

  function forget(key: string) {
    const value = newer.get(key)
    if (value !== undefined && newer.delete(key)) weight -= weigh(value)
  }

  return {
    get(key) {
      const value = newer.get(key)
      if (value !== undefined) return value
      const found = older.get(key)
      if (found !== undefined) set(key, found)
      return found
    },
    set,
    delete(key) {
      forget(key)
      older.delete(key)
    },
  }
}
