import cookie from '@fastify/cookie'
import { KEY_SET_PATH } from '@munjigi/contracts/tokens'
import type { Database } from '@munjigi/db/connect'
import { assertServingRole } from '@munjigi/db/serving-role'
import { platformIssuer } from '@munjigi/identity/issuers'
import { identity } from '@munjigi/identity/user-context'
import { createVerifier } from '@munjigi/identity/verifier'
import { createServer, type ServerOptions } from '@munjigi/server/create-server'
import { openApi } from '@munjigi/server/openapi'
import { sweepHourly } from '@munjigi/server/sweep'
import type { Store } from '@munjigi/store/store'
import type { FastifyInstance } from 'fastify'
import { accessEvents } from './access-events.ts'
import { adminRoutes } from './admin/admin-routes.ts'
import { keyRoutes } from './api-keys/key-routes.ts'
import { sweepApiKeys } from './api-keys/sweep.ts'
import type { UserDeps } from './deps.ts'
import { internalRoutes } from './internal/internal-routes.ts'
import { keySetRoute } from './keys/key-set.ts'
import { signingKeys } from './keys/signing-keys.ts'
import { sweepSigningKeys } from './keys/sweep.ts'
import { sweepNotices } from './notices/due-notices.ts'
import { outbox } from './notices/outbox.ts'
import { startSender } from './notices/sender.ts'
import { passwordDeps } from './passwords/password-check.ts'
import { passwordRoutes } from './passwords/password-routes.ts'
import { sweepPasswords } from './passwords/sweep.ts'
import { meRoutes } from './people/me-routes.ts'
import { validateRoute } from './people/validate-route.ts'
import { recordsHandle, servingHandle } from './serving-handle.ts'
import { ownSessionRoutes } from './sessions/own-session-routes.ts'
import { sessionRoutes } from './sessions/session-routes.ts'
import { sweepSessions } from './sessions/sweep.ts'
import type { Settings } from './settings.ts'
import { certificateIdp } from './sso/certificate.ts'
import { discoveredIdp } from './sso/discovery.ts'
import { ssoRoutes } from './sso/sso-routes.ts'

const SWEEPS = [sweepSessions, sweepSigningKeys, sweepApiKeys, sweepPasswords, sweepNotices]

export interface UserOptions {
  database: Database
  store: Store
  settings: Settings
}

/** The user service as a plugin of whichever host serves it; health and metrics are the host's. */
export async function userPlugin(app: FastifyInstance, { database, store, settings }: UserOptions): Promise<void> {
  const db = servingHandle(database)
  const { log } = app
  const issuer = settings.platformIssuer
  const keys = signingKeys({ db, sealing: settings.sealing, log })
  const verifier = createVerifier({
    issuers: [
      {
        ...platformIssuer({ issuer, audience: settings.platformAudience, jwksUri: `${issuer}${KEY_SET_PATH}` }),
        loadKeys: keys.publicKeys,
      },
      ...settings.issuers,
    ],
  })
  const idp = settings.idp.kind === 'discovery' ? discoveredIdp(settings.idp, log) : certificateIdp(settings.idp, log)
  const events = accessEvents({ db, store, platformIssuer: issuer, log })
  const sender = startSender({ db, mail: settings.mail, log })
  const deps: UserDeps = { db, store, settings, keys, events, verifier, idp, outbox: outbox(settings), sender }

  app.addReadyCheck('user-database', database.isAlive)
  app.addReadyCheck('user-store', store.isAlive)
  app.addReadyCheck('user-keys', keys.access)
  app.addHook('onReady', () => assertServingRole(db))
  app.addHook('onClose', async () => {
    keys.close()
    verifier.close()
    await sender.close()
  })

  for (const sweep of SWEEPS) sweepHourly(app, () => sweep(db))
  keySetRoute(app, keys)
  app.register(internalRoutes, { ...deps, records: recordsHandle(database) })
  app.register(authModule, deps)
  app.register(async (scope) => adminRoutes(scope, deps))
}

/** The module `auth`. */
async function authModule(app: FastifyInstance, deps: UserDeps): Promise<void> {
  await app.register(cookie)
  identity(app, deps)
  await openApi(app, '/api/auth/openapi.json', {
    title: 'auth',
    description: 'Signing in and out, and one’s own profile',
  })
  await app.register(ssoRoutes, deps)
  const passwords = passwordDeps(deps)
  app.addHook('onClose', passwords.limits.close)
  for (const prefix of ['/api/auth/v1', '/api/v1/auth']) {
    passwordRoutes(app, passwords, prefix)
    sessionRoutes(app, deps, prefix)
    ownSessionRoutes(app, deps, prefix)
    keyRoutes(app, deps, prefix)
    meRoutes(app, deps, prefix)
    validateRoute(app, deps, prefix)
  }
}

/** The user service as a server of its own. */
export function buildApp(options: UserOptions & { server?: Omit<ServerOptions, 'name'> }): FastifyInstance {
  const app = createServer({ name: 'user', ...options.server })
  app.register(userPlugin, options)
  return app
}
