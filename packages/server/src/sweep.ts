import type { FastifyInstance } from 'fastify'

const INTERVAL_MS = 60 * 60_000

/** Every hour calls `removeBatch` until it says that nothing is left; stops between batches when the server closes. */
export function sweepHourly(app: FastifyInstance, removeBatch: () => Promise<boolean>): void {
  let isClosing = false
  const sweep = async () => {
    while (!isClosing && !(await removeBatch()));
  }
  const timer = setInterval(() => {
    sweep().catch((error) => app.log.warn({ err: error }, 'sweep failed'))
  }, INTERVAL_MS).unref()
  app.addHook('onClose', async () => {
    isClosing = true
    clearInterval(timer)
  })
}
