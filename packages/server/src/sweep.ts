import type { FastifyInstance } from 'fastify'

const FIRST_MS = 60_000
const HOUR_MS = 60 * 60_000

/** For what only takes up room until it is swept. */
export const sweepHourly = (app: FastifyInstance, removeBatch: () => Promise<boolean>): void =>
  sweepEvery(HOUR_MS, app, removeBatch)

/**
 * Calls `removeBatch` until it gives true, for nothing is left: first a minute after the server was made, for what a crash left
 * behind, then every `intervalMs`. Stops between batches when the server closes.
 */
export function sweepEvery(intervalMs: number, app: FastifyInstance, removeBatch: () => Promise<boolean>): void {
  let isClosing = false
  let timer = setTimeout(sweep, FIRST_MS).unref()
  function sweep() {
    timer = setTimeout(sweep, intervalMs).unref()
    removeAll().catch((error) => app.log.warn({ err: error }, 'sweep failed'))
  }
  async function removeAll() {
    while (!isClosing && !(await removeBatch()));
  }
  app.addHook('onClose', async () => {
    isClosing = true
    clearTimeout(timer)
  })
}
