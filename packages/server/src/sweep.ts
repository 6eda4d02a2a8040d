import type { FastifyInstance } from 'fastify'

const FIRST_MS = 60_000
const INTERVAL_MS = 60 * 60_000

/**
 * A minute after the server is made, for what a crash left behind, and every hour calls `removeBatch` until it says that nothing
 * is left; stops between batches when the server closes.
 */
export function sweepHourly(app: FastifyInstance, removeBatch: () => Promise<boolean>): void {
  let isClosing = false
  let timer = setTimeout(sweep, FIRST_MS).unref()
  function sweep() {
    timer = setTimeout(sweep, INTERVAL_MS).unref()
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
