import type { FastifyInstance } from 'fastify'

/** Processes that start together do not go on together. */
const JITTER = 0.2

interface Recurring {
  name: string
  everyMs: number
  work: (signal: AbortSignal) => Promise<unknown>
}

/** Does `work` when `app` is ready and again and again, never twice at a time, until it closes, which waits for what is under way. */
export function doRegularly(app: FastifyInstance, { name, everyMs, work }: Recurring): void {
  const ended = new AbortController()
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> | undefined

  async function run(): Promise<void> {
    try {
      await work(ended.signal)
    } catch (error) {
      if (!ended.signal.aborted) app.log.error({ err: error, job: name }, 'job failed')
    }
    if (ended.signal.aborted) return
    const delay = everyMs * (1 + JITTER * (Math.random() - 0.5))
    timer = setTimeout(() => {
      running = run()
    }, delay).unref()
  }

  app.addHook('onReady', async () => {
    running = run()
  })
  // Told at once: requests in flight may take what time a closing process has.
  app.addHook('preClose', async () => {
    ended.abort()
    clearTimeout(timer)
  })
  app.addHook('onClose', async () => {
    await running
  })
}
