import { randomUUID } from 'node:crypto'
import { ExpiringEntries } from './expiring-entries.ts'
import { memoryLimits } from './memory-limits.ts'
import type { Listener, Store } from './store.ts'

/** A Store in this process's memory, for one process alone. */
export function memoryStore(): Store {
  const entries = new ExpiringEntries()
  const listeners = new Map<string, Set<Listener>>()

  function putIf(isAllowed: boolean, key: string, value: string, ttlMs: number): boolean {
    if (isAllowed) entries.put(key, value, ttlMs)
    return isAllowed
  }

  return {
    ...memoryLimits(entries),
    get: async (key) => entries.find(key),
    set: async (key, value, ttlMs) => entries.put(key, value, ttlMs),
    add: async (key, value, ttlMs) => putIf(entries.find(key) === undefined, key, value, ttlMs),
    replace: async (key, expected, value, ttlMs) => putIf(entries.find(key) === expected, key, value, ttlMs),
    async take(key) {
      const value = entries.find(key)
      entries.delete(key)
      return value
    },
    remove: async (key) => entries.find(key) !== undefined && entries.delete(key),
    async lease(key, ttlMs) {
      const owner = randomUUID()
      if (!putIf(entries.find(key) === undefined, key, owner, ttlMs)) return undefined
      return {
        renew: async () => putIf(entries.find(key) === owner, key, owner, ttlMs),
        release: async () => entries.find(key) === owner && entries.delete(key),
      }
    },
    async publish(channel, message) {
      entries.assertOpen()
      for (const listener of listeners.get(channel) ?? []) queueMicrotask(() => listener.message(message))
    },
    async subscribe(channel, listener) {
      entries.assertOpen()
      const all = listeners.get(channel) ?? new Set()
      listeners.set(channel, all.add(listener))
      listener.ready?.()
      return { close: async () => void all.delete(listener) }
    },
    isAlive: async () => entries.assertOpen(),
    async close() {
      entries.close()
      listeners.clear()
    },
  }
}
