import type { FastifyInstance } from 'fastify'

const FIRST_MS = 60_000
const HOUR_MS = 60 * 60_000

/** Sweeps what takes up room and does no harm until then. */
export const sweepHourly = (app: FastifyInstance, removeBatch: () => Promise<boolean>): void =>
  sweepEvery(HOUR_MS, app, removeBatch)

/**
 * A minute after the server is made, for what a crash left behind, and every `intervalMs` calls `removeBatch` until it says that
 * nothing is left; stops between batches when the server closes.
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
