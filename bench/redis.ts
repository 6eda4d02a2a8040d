import { setTimeout as delay } from 'node:timers/promises'
import { redisStore } from '@munjigi/store/redis'

/** Waits until a Redis that was started takes writes. */
export async function answering(redisUrl: string, prefix: string): Promise<void> {
  const store = redisStore(redisUrl, prefix)
  for (let attempt = 0; attempt < 50; attempt += 1) {
    if (
      await store.isAlive().then(
        () => true,
        () => false,
      )
    )
      break
    await delay(100)
  }
  await store.isAlive().finally(() => store.close())
}
