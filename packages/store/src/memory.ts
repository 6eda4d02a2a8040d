import { randomUUID } from 'node:crypto'
import { type Limit, type Listener, type Store, waitKey } from './store.ts'

const SWEEP_INTERVAL_MS = 10_000

interface Entry {
  value: string
  endsAt: number
}

/** A Store in this process's memory, for one process alone. */
export function memoryStore(): Store {
  const entries = new Map<string, Entry>()
  const listeners = new Map<string, Set<Listener>>()
  let isClosed = false

  const sweep = setInterval(() => {
    for (const [key, { endsAt }] of entries) if (endsAt <= Date.now()) entries.delete(key)
  }, SWEEP_INTERVAL_MS).unref()

  function assertOpen() {
    if (isClosed) throw new Error('the store is closed')
  }

  function find(key: string): string | undefined {
    assertOpen()
    const entry = entries.get(key)
    return entry && entry.endsAt > Date.now() ? entry.value : undefined
  }

  function put(key: string, value: string, ttlMs: number) {
    assertOpen()
    if (!Number.isInteger(ttlMs) || ttlMs <= 0) throw new RangeError('a ttl is a positive whole number of milliseconds')
    entries.set(key, { value, endsAt: Date.now() + ttlMs })
  }

  function putIf(isAllowed: boolean, key: string, value: string, ttlMs: number): boolean {
    if (isAllowed) put(key, value, ttlMs)
    return isAllowed
  }

  const countOf = (key: string) => Number(find(key) ?? 0)

  function write(key: string, count: number) {
    const entry = entries.get(key) as Entry
    entry.value = String(count)
  }

  function endOfWait({ key, max, beyond }: Limit): number | undefined {
    const closed = beyond === undefined ? key : waitKey(key)
    return countOf(key) < max || find(closed) === undefined ? undefined : (entries.get(closed) as Entry).endsAt
  }

  function countOne({ key, max, windowMs, beyond }: Limit) {
    const count = countOf(key)
    if (find(key) === undefined) put(key, '0', windowMs)
    write(key, count + 1)
    if (beyond === undefined || count < max) return
    put(waitKey(key), '1', Math.min(beyond.firstWaitMs * 2 ** (count - max), beyond.longestWaitMs))
  }

  const store: Store = {
    get: async (key) => find(key),
    set: async (key, value, ttlMs) => put(key, value, ttlMs),
    add: async (key, value, ttlMs) => putIf(find(key) === undefined, key, value, ttlMs),
    replace: async (key, expected, value, ttlMs) => putIf(find(key) === expected, key, value, ttlMs),
    async take(key) {
      const value = find(key)
      entries.delete(key)
      return value
    },
    async admit(limits) {
      for (const limit of limits) {
        const end = endOfWait(limit)
        if (end !== undefined) return Math.max(1, end - Date.now())
      }
      for (const limit of limits) countOne(limit)
    },
    async giveBack({ admitted, forgotten }) {
      for (const key of admitted) if (countOf(key) > 0) write(key, countOf(key) - 1)
      for (const key of forgotten.flatMap((each) => [each, waitKey(each)])) entries.delete(key)
    },
    remove: async (key) => (await store.take(key)) !== undefined,
    async lease(key, ttlMs) {
      const owner = randomUUID()
      if (!putIf(find(key) === undefined, key, owner, ttlMs)) return undefined
      return {
        renew: async () => putIf(find(key) === owner, key, owner, ttlMs),
        release: async () => find(key) === owner && entries.delete(key),
      }
    },
    async publish(channel, message) {
      assertOpen()
      for (const listener of listeners.get(channel) ?? []) queueMicrotask(() => listener.message(message))
    },
    async subscribe(channel, listener) {
      assertOpen()
      const all = listeners.get(channel) ?? new Set()
      listeners.set(channel, all.add(listener))
      listener.ready?.()
      return { close: async () => void all.delete(listener) }
    },
    isAlive: async () => assertOpen(),
    async close() {
      isClosed = true
      clearInterval(sweep)
      entries.clear()
      listeners.clear()
    },
  }
  return store
}
