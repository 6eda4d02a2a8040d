import type { FastifyInstance } from 'fastify'

const DRAIN_MS = 10_000

/**
 * Listens, and ends in order on SIGTERM and SIGINT: requests in flight finish within 10 s, then the process exits.
 * Where the port is taken it prints its number and the variable that changes it, in an outage the message; both exit 1.
 */
export async function serve(app: FastifyInstance, port: number, variable = 'PORT', host = '0.0.0.0'): Promise<void> {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void shutdown(app))
  try {
    await app.listen({ port, host })
  } catch (error) {
    const { code, statusCode, message } = error as NodeJS.ErrnoException & { statusCode?: number }
    if (code !== 'EADDRINUSE' && statusCode !== 503) throw error
    const why = code === 'EADDRINUSE' ? `Port ${port} is taken: free it or set ${variable} to another` : message
    process.stderr.write(`${why}\n`)
    process.exit(1)
  }
}

async function shutdown(app: FastifyInstance): Promise<void> {
  const deadline = setTimeout(() => process.exit(1), DRAIN_MS)
  deadline.unref()
  await app.close()
  process.exit(0)
}
