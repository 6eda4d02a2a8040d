import { randomUUID } from 'node:crypto'
import { memoryStore } from '@munjigi/store/memory'
import { redisStore } from '@munjigi/store/redis'
import type { Store } from '@munjigi/store/store'

/** An empty Store: in memory, or, where `MUNJIGI_TEST_REDIS_URL` is set, in Redis under a prefix of its own. */
export function testStore(): Store {
  const url = process.env.MUNJIGI_TEST_REDIS_URL
  return url ? redisStore(url, `test:${randomUUID()}:`) : memoryStore()
}
