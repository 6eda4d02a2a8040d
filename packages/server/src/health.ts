import type { FastifyInstance } from 'fastify'

const CHECK_TIMEOUT_MS = 900

type ReadyCheck = () => Promise<unknown>

/** `/healthz` says that the process runs; `/readyz` asks every registered check and names those that fail. */
export function health(app: FastifyInstance, mode: string | undefined): void {
  const checks = new Map<string, ReadyCheck>()
  app.decorate('addReadyCheck', (name: string, check: ReadyCheck) => {
    checks.set(name, check)
  })
  app.get('/healthz', { logLevel: 'silent' }, async () => ({ status: 'ok' }))
  app.get('/readyz', { logLevel: 'silent' }, async (_request, reply) => {
    const results = await Promise.all([...checks].map(async ([name, check]) => [name, await outcome(check)] as const))
    const isReady = results.every(([, result]) => result === 'ok')
    reply.code(isReady ? 200 : 503)
    return {
      status: isReady ? 'ok' : 'unavailable',
      ...(mode !== undefined && { mode }),
      checks: Object.fromEntries(results),
    }
  })
}

async function outcome(check: ReadyCheck): Promise<'ok' | 'failed' | 'slow'> {
  const { promise: slow, resolve } = Promise.withResolvers<'slow'>()
  const timer = setTimeout(resolve, CHECK_TIMEOUT_MS, 'slow')
  try {
    return await Promise.race([
      check().then(
        () => 'ok' as const,
        () => 'failed' as const,
      ),
      slow,
    ])
  } finally {
    clearTimeout(timer)
  }
}

declare module 'fastify' {
  interface FastifyInstance {
    /** Adds what `/readyz` asks under `name`; a check fails by rejecting or by taking longer than 0.9 s. */
    addReadyCheck(name: string, check: ReadyCheck): void
  }
}
