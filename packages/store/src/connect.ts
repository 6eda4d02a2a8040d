import { memoryStore } from './memory.ts'
import { redisStore } from './redis.ts'
import type { Store } from './store.ts'

/** `redis://…`, `rediss://…`, or `memory:` for a process that stands alone. Returns at once and connects by itself. */
export function connectStore(url: string): Store {
  if (url === 'memory:') return memoryStore()
  if (/^rediss?:\/\//.test(url)) return redisStore(url)
  throw new TypeError('a store URL begins with redis:// or rediss://, or is memory:')
}
