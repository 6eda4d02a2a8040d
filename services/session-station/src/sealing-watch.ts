import { setTimeout as pause } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import { sealingKeyWrong } from './problems.ts'
import type { GuardedSealing } from './sealing-check.ts'

const RETRY_MS = 500

/**
 * Refuses the start under keys that are not the database's. A database that is away does not hinder it: it is looked at
 * until it is back, and if the keys then turn out to be wrong, every request is refused.
 */
export function watchSealing(app: FastifyInstance, { verify, isWrong }: GuardedSealing): void {
  let isEnding = false
  app.addHook('onClose', async () => {
    isEnding = true
  })
  app.addHook('onRequest', async () => {
    if (isWrong()) throw sealingKeyWrong()
  })
  app.addHook('onReady', async () => {
    try {
      await verify()
    } catch (error) {
      if (!isOutage(error)) throw error
      app.log.warn({ err: error }, 'the database is away: keys are checked when it is back')
      void verifyLater()
    }
  })

  async function verifyLater(): Promise<void> {
    for (let isAway = true; isAway; ) {
      await pause(RETRY_MS, undefined, { ref: false })
      isAway = !isEnding && (await verify().then(() => false, isStillAway))
    }
  }

  function isStillAway(error: unknown): boolean {
    if (!isOutage(error)) app.log.error({ err: error }, 'this database cannot be served from')
    return isOutage(error)
  }
}

const isOutage = (error: unknown): boolean => (error as { statusCode?: number }).statusCode === 503
