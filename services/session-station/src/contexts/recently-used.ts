/** A map of at most `limit` entries that keeps what was read or set lately. */
export interface RecentlyUsed<Value> {
  get(key: string): Value | undefined
  set(key: string, value: Value): void
  delete(key: string): void
}

/** Two halves: what is in use moves to the newer one, and the older is let go when that is full. */
export function recentlyUsed<Value>(limit: number): RecentlyUsed<Value> {
  let newer = new Map<string, Value>()
  let older = new Map<string, Value>()

  function set(key: string, value: Value) {
    if (newer.size >= limit / 2 && !newer.has(key)) {
      older = newer
      newer = new Map()
    }
    newer.set(key, value)
    older.delete(key)
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
      newer.delete(key)
      older.delete(key)
    },
  }
}
