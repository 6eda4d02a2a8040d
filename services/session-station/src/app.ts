import type { Database } from '@munjigi/db/connect'
import { identity } from '@munjigi/identity/user-context'
import type { Verifier } from '@munjigi/identity/verifier'
import { createServer, type ServerOptions } from '@munjigi/server/create-server'
import { openApi } from '@munjigi/server/openapi'
import { sweepHourly } from '@munjigi/server/sweep'
import type { Store } from '@munjigi/store/store'
import type { FastifyInstance } from 'fastify'
import { contextRoutes } from './contexts/context-routes.ts'
import { createContexts } from './contexts/contexts.ts'
import type { StationDeps } from './deps.ts'
import { createEgress } from './egress/create-egress.ts'
import { testRoute } from './login/test-route.ts'
import { LOGS_KEPT_DAYS, logRoutes } from './logs/log-routes.ts'
import { refreshLogStore } from './logs/refresh-log-store.ts'
import { loginMetrics } from './metrics.ts'
import { presetRoutes } from './presets/preset-routes.ts'
import { ownProfiles } from './profiles/own-profiles.ts'
import { profileRoutes } from './profiles/profile-routes.ts'
import { proxyRoutes } from './proxy/proxy-routes.ts'
import { revealRoutes } from './reveal/reveal-routes.ts'
import { guardScope } from './scope-guard.ts'
import { guardedSealing } from './sealing-check.ts'
import { watchSealing } from './sealing-watch.ts'
import { servingHandle } from './serving-handle.ts'
import type { StationSettings } from './settings.ts'
import { storeAdminRoutes } from './templates/store-admin-routes.ts'
import { templateRoutes } from './templates/template-routes.ts'

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
  const { database, store, verifier, settings, now = Date.now } = options
  const { log } = app
  const db = servingHandle(database)
  const guarded = guardedSealing(db, settings.sealing)
  const { sealing } = guarded
  const egress = createEgress(settings.egress)
  const countLogin = loginMetrics(app.metrics)
  const contexts = createContexts({ db, store, sealing, egress, now, log, countLogin })
  const deps: StationDeps = { db, sealing, egress, contexts, now, countLogin, testing: new Set() }
  const profiles = ownProfiles(deps)

  app.addReadyCheck('session-station-database', database.isAlive)
  app.addReadyCheck('session-station-store', store.isAlive)
  app.addReadyCheck('session-station-sealing', guarded.verify)
  app.addHook('preClose', async () => contexts.hurry())
  app.addHook('onClose', async () => {
    await contexts.close()
    await egress.close()
  })
  // Every answer is one person's, and many hold what lets somebody in.
  app.addHook('onRequest', async (_request, reply) => {
    reply.header('cache-control', 'no-store')
  })
  watchSealing(app, guarded)
  identity(app, { verifier })
  guardScope(app)
  await openApi(app, '/api/session-station/openapi.json', {
    title: 'session-station',
    description: 'Logs agents in at outside services, on behalf of people and without showing them their secrets',
  })
  const logs = refreshLogStore(db)
  sweepHourly(app, () => logs.removeOlderThan(new Date(now() - LOGS_KEPT_DAYS * 24 * 60 * 60_000)))
  await app.register(
    async (v1) => {
      profileRoutes(v1, profiles)
      testRoute(v1, deps)
      contextRoutes(v1, contexts)
      presetRoutes(v1, profiles)
      proxyRoutes(v1, deps)
      logRoutes(v1, { logs, profiles, now })
      templateRoutes(v1, { ...deps, profiles })
      storeAdminRoutes(v1, deps)
      revealRoutes(v1, deps)
    },
    { prefix: '/api/session-station/v1' },
  )
}

/** session-station in a server of its own. */
export function buildApp(options: SessionStationOptions, server: Omit<ServerOptions, 'name'> = {}): FastifyInstance {
  const app = createServer({ name: 'session-station', ...server })
  app.register(sessionStationPlugin, options)
  return app
}
