import { randomBytes } from 'node:crypto'
import type { Database } from '@munjigi/db/connect'
import { readEnv } from '@munjigi/env'
import { platformIssuer } from '@munjigi/identity/issuers'
import { createVerifier } from '@munjigi/identity/verifier'
import { createLogger } from '@munjigi/server/logger'
import type { Store } from '@munjigi/store/store'
import { testDatabase } from '@munjigi/testing/database'
import { testIssuer } from '@munjigi/testing/issuer'
import { testStore } from '@munjigi/testing/store'
import type { FastifyInstance } from 'fastify'
import { buildApp } from './app.ts'
import { SettingsEnv } from './env.ts'
import { migrationPlan } from './migrations/plan.ts'
import { servingHandle } from './serving-handle.ts'
import { settingsOf } from './settings.ts'

export const BASE = '/api/session-station/v1'

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

interface Changes {
  env?: Record<string, string>
  database?: Database
  store?: Store
  now?: () => number
  /** Takes every line of the log, from debug on; silent without it. */
  log?: { write(line: string): void }
}

/** The whole service on a database and a store of its own; its egress may reach 127.0.0.1 at every port. */
export async function testService(first: Changes = {}) {
  const issuer = await testIssuer()
  const { database, url: databaseUrl, close } = await testDatabase(migrationPlan)
  const store = testStore()
  const verifier = createVerifier({
    issuers: [platformIssuer({ issuer: issuer.issuer, audience: 'munjigi', jwksUri: issuer.jwksUri })],
  })
  const source = {
    SESSION_STATION_ENCRYPTION_KEY: randomBytes(32).toString('base64url'),
    EGRESS_ALLOW: '127.0.0.1',
    ...first.env,
  }
  const apps: FastifyInstance[] = []

  /** A further process's worth of the service on the same database. */
  function start(changes: Changes = {}): FastifyInstance {
    const { now, log } = { ...first, ...changes }
    const settings = settingsOf(readEnv(SettingsEnv, 'session-station', { source: { ...source, ...changes.env } }))
    const deps = {
      database: changes.database ?? database,
      store: changes.store ?? first.store ?? store,
      verifier,
      settings,
      ...(now && { now }),
    }
    const logging = log && { loggerInstance: createLogger('session-station', 'debug', log) }
    const app = buildApp(deps, { logLevel: 'silent', ...(logging && { fastify: logging as object }) })
    apps.push(app)
    return app
  }
  const app = start()

  const tokenOf = (sub: string, claims: Record<string, unknown> = {}) => issuer.token({ ...claims, sub })

  return {
    app,
    start,
    issuer,
    verifier,
    database,
    /** Of the serving role's login; undefined on PGlite. */
    databaseUrl,
    db: servingHandle(database),
    store,
    /** The key ring all its processes are started with. */
    encryptionKey: source.SESSION_STATION_ENCRYPTION_KEY,
    tokenOf,
    /** Calls as `sub`, with a token that says `claims` besides: `as('lee')('GET', '/auth-profiles')`. */
    as:
      (sub: string, claims: Record<string, unknown> = {}, at: FastifyInstance = app) =>
      (method: Method, path: string, payload?: unknown) =>
        at.inject({
          method,
          url: BASE + path,
          headers: { authorization: `Bearer ${tokenOf(sub, claims)}`, 'x-user-sub': sub },
          ...(payload !== undefined && { payload: payload as object }),
        }),
    async close() {
      await Promise.all(apps.map((each) => each.close()))
      verifier.close()
      await Promise.all([close(), store.close(), issuer.close()])
    },
  }
}

export type TestService = Awaited<ReturnType<typeof testService>>
