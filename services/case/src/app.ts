import type { Database } from '@munjigi/db/connect'
import { assertServingRole } from '@munjigi/db/serving-role'
import { identity } from '@munjigi/identity/user-context'
import type { Verifier } from '@munjigi/identity/verifier'
import { createServer, type ServerOptions } from '@munjigi/server/create-server'
import { openApi } from '@munjigi/server/openapi'
import { sweepEvery } from '@munjigi/server/sweep'
import type { Store } from '@munjigi/store/store'
import type { FastifyInstance } from 'fastify'
import { approvalRoutes } from './approvals/approval-routes.ts'
import { readCaseIds } from './case-ids.ts'
import { rememberedRoles } from './case-roles/remembered-roles.ts'
import { hearRoleChanges } from './case-roles/role-changes.ts'
import { createUserService, type UserAddress } from './case-roles/user-service.ts'
import { caseRoutes } from './cases/case-routes.ts'
import { sweepGrants } from './cases/unsettled-grants.ts'
import type { CaseDeps } from './deps.ts'
import { documentRoutes } from './documents/document-routes.ts'
import { versionRoutes } from './documents/version-routes.ts'
import { memberRoutes } from './members/member-routes.ts'
import { SCHEMA, SERVING_ROLE } from './migrations/plan.ts'
import { refusals } from './problems.ts'
import { guardsOf } from './rights/guards.ts'
import { guardScope } from './rights/scope-guard.ts'
import type { Tables } from './tables.ts'

/** Until they are swept, grants without a case appear in tokens. */
const SWEEP_INTERVAL_MS = 60_000
/** Far longer than making a case takes: a note as old as this was left behind. */
const CREATION_PATIENCE_MS = 60_000

export interface CaseOptions {
  database: Database
  store: Store
  verifier: Verifier
  user: UserAddress
}

/** The module `case`, in a scope of its own: register it in any host made by createServer. */
export async function casePlugin(app: FastifyInstance, options: CaseOptions): Promise<void> {
  const { database, store, verifier } = options
  const { log } = app
  const db = database.as<Tables>(SERVING_ROLE).withSchema(SCHEMA)
  const ofAllTenants = database.as<Tables>(SERVING_ROLE, { acrossTenants: true }).withSchema(SCHEMA)
  const user = createUserService(options.user, log)
  const roles = rememberedRoles(user)
  const changes = await hearRoleChanges(store, roles, log)
  const deps: CaseDeps = { db, user, roles, guards: guardsOf(db, roles), log }

  app.addReadyCheck('case-database', database.isAlive)
  app.addReadyCheck('case-store', store.isAlive)
  app.addHook('onReady', () => assertServingRole(db))
  app.addHook('onClose', async () => {
    await Promise.all([changes.close(), user.close()])
  })
  app.setErrorHandler<{ constraint?: string }>((error) => {
    // The host's handler answers what is thrown here.
    throw refusals.get(error.constraint ?? '')?.() ?? error
  })
  sweepEvery(SWEEP_INTERVAL_MS, app, () => sweepGrants(ofAllTenants, deps, CREATION_PATIENCE_MS))
  identity(app, { verifier })
  guardScope(app)
  await openApi(app, '/api/case/openapi.json', {
    title: 'case',
    description: 'Cases, their documents and approvals, and who has which role in them',
  })
  await app.register(
    async (v1) => {
      readCaseIds(v1)
      caseRoutes(v1, deps)
      memberRoutes(v1, deps)
      documentRoutes(v1, deps)
      versionRoutes(v1, deps)
      approvalRoutes(v1, deps)
    },
    { prefix: '/api/case/v1' },
  )
}

/** case in a server of its own. */
export function buildApp(options: CaseOptions, server: Omit<ServerOptions, 'name'> = {}): FastifyInstance {
  const app = createServer({ name: 'case', ...server })
  app.register(casePlugin, options)
  return app
}
