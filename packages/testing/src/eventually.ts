import { setTimeout as pause } from 'node:timers/promises'

const PATIENCE_MS = 20_000
const LOOK_MS = 20

/**
 * Looks again and again, until `look` throws no more, at what the design grants a delay; resolves with what it gives.
 * @throws what it threw last, after 20 s
 */
export async function eventually<T>(look: () => T | Promise<T>): Promise<T> {
  const limit = performance.now() + PATIENCE_MS
  for (;;) {
    try {
      return await look()
    } catch (error) {
      if (performance.now() > limit) throw error
    }
    await pause(LOOK_MS)
  }
}
