import type { Database } from '@munjigi/db/connect'
import { assertServingRole } from '@munjigi/db/serving-role'
import { identity } from '@munjigi/identity/user-context'
import type { Verifier } from '@munjigi/identity/verifier'
import { createServer, type ServerOptions } from '@munjigi/server/create-server'
import { openApi } from '@munjigi/server/openapi'
import { sweepHourly } from '@munjigi/server/sweep'
import type { Store } from '@munjigi/store/store'
import type { FastifyInstance } from 'fastify'
import { createListeners } from './listeners.ts'
import { liveRoute } from './live.ts'
import { SCHEMA, SERVING_ROLE } from './migrations/plan.ts'
import { traceRoutes } from './routes.ts'
import { traceStore } from './store.ts'
import type { Tables } from './tables.ts'

/** Traces that nobody has written to for so long are removed. */
const RETENTION_MS = 30 * 24 * 60 * 60_000

export interface TraceDeps {
  database: Database
  store: Store
  verifier: Verifier
}

/** The module `trace`, in a scope of its own: register it in any host made by createServer. */
export async function tracePlugin(app: FastifyInstance, { database, store, verifier }: TraceDeps): Promise<void> {
  const db = database.as<Tables>(SERVING_ROLE, { acrossTenants: true }).withSchema(SCHEMA)
  const traces = traceStore(db)
  app.addHook('onReady', () => assertServingRole(db))
  app.addReadyCheck('trace-database', database.isAlive)
  app.addReadyCheck('trace-store', store.isAlive)
  const listeners = await createListeners(store, app.log)
  app.addHook('onClose', listeners.close)
  identity(app, { verifier })
  sweepHourly(app, () => traces.removeExpired(new Date(Date.now() - RETENTION_MS)))
  await openApi(app, '/api/trace/openapi.json', {
    title: 'trace',
    description: 'Log lines of a running thing, listed or live',
  })
  await liveRoute(app, traces, listeners)
  await app.register(async (v1) => traceRoutes(v1, traces, listeners), { prefix: '/api/trace/v1' })
}

/** trace in a server of its own. */
export function buildApp(deps: TraceDeps, options: Omit<ServerOptions, 'name'> = {}): FastifyInstance {
  const app = createServer({ name: 'trace', ...options })
  app.register(tracePlugin, deps)
  return app
}
