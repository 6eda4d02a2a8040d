import type { Database } from '@munjigi/db/connect'
import { identity } from '@munjigi/identity/user-context'
import type { Verifier } from '@munjigi/identity/verifier'
import { createServer, type ServerOptions } from '@munjigi/server/create-server'
import { openApi } from '@munjigi/server/openapi'
import type { Store } from '@munjigi/store/store'
import type { FastifyInstance } from 'fastify'
import { guardScope } from './scope-guard.ts'
import { guardedSealing } from './sealing-check.ts'
import { watchSealing } from './sealing-watch.ts'
import { servingHandle } from './serving-handle.ts'
import type { StationSettings } from './settings.ts'

export interface SessionStationOptions {
  database: Database
  store: Store
  verifier: Verifier
  settings: StationSettings
  /** Milliseconds; `Date.now` by default. */
  now?: () => number
}

/** The module `session-station`, in a scope of its own: register it in any host made by createServer. */
export async function sessionStationPlugin(app: FastifyInstance, options: SessionStationOptions): Promise<void> {
  const { database, store, verifier, settings } = options
  const db = servingHandle(database)
  const { sealing, verify } = guardedSealing(db, settings.sealing)
  app.addReadyCheck('session-station-database', database.isAlive)
  app.addReadyCheck('session-station-store', store.isAlive)
  app.addReadyCheck('session-station-sealing', verify)
  app.addHook('onRequest', async (_request, reply) => {
    reply.header('cache-control', 'no-store')
  })
  watchSealing(app, verify)
  identity(app, { verifier })
  guardScope(app)
  await openApi(app, '/api/session-station/openapi.json', {
    title: 'session-station',
    description: 'Logs people’s agents in at outside services, and keeps their secrets from them',
  })
  void sealing
}

/** session-station in a server of its own. */
export function buildApp(options: SessionStationOptions, server: Omit<ServerOptions, 'name'> = {}): FastifyInstance {
  const app = createServer({ name: 'session-station', ...server })
  app.register(sessionStationPlugin, options)
  return app
}
