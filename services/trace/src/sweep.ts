import type { FastifyInstance } from 'fastify'
import type { TraceStore } from './store.ts'

const RETENTION_MS = 30 * 24 * 60 * 60_000
const INTERVAL_MS = 60 * 60_000

/** Every hour removes the traces that nobody has written to for 30 days. */
export function sweepHourly(app: FastifyInstance, traces: TraceStore): void {
  let isClosing = false
  const sweep = async () => {
    const limit = new Date(Date.now() - RETENTION_MS)
    while (!isClosing && !(await traces.removeExpired(limit)));
  }
  const timer = setInterval(() => {
    sweep().catch((error) => app.log.warn({ err: error }, 'sweep failed'))
  }, INTERVAL_MS).unref()
  app.addHook('onClose', async () => {
    isClosing = true
    clearInterval(timer)
  })
}
