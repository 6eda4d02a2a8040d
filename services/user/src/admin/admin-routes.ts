import { FOR_OWN_LOGIN } from '@munjigi/identity/own-login'
import { identity } from '@munjigi/identity/user-context'
import type { Verifier } from '@munjigi/identity/verifier'
import { openApi } from '@munjigi/server/openapi'
import type { FastifyInstance } from 'fastify'
import { personKeyRoutes } from '../api-keys/person-key-routes.ts'
import { auditRoutes } from '../audit/audit-routes.ts'
import type { AdminDeps } from '../deps.ts'
import { groupRoutes } from '../groups/group-routes.ts'
import { noticeRoutes } from '../notices/notice-routes.ts'
import type { Outbox } from '../notices/outbox.ts'
import type { Sender } from '../notices/sender.ts'
import { passwordLinkRoutes } from '../passwords/password-link-routes.ts'
import { personRoutes } from '../people/person-routes.ts'
import { sectionRoutes } from '../sections/section-routes.ts'
import { personSessionRoutes } from '../sessions/person-session-routes.ts'
import type { Settings } from '../settings.ts'
import { tenantRoutes } from '../tenants/tenant-routes.ts'
import { ADMIN_PAGE } from './rights.ts'
import { roleRoutes } from './role-routes.ts'

interface AdminModuleDeps extends AdminDeps {
  verifier: Verifier
  settings: Pick<Settings, 'frontendUrl'>
  outbox: Outbox
  sender: Sender
}

/**
 * The module `admin` under /api/admin: every route asks the database whether the caller is superuser or has section
 * admin-page at level admin, and acts inside the caller's tenant unless they are superuser.
 */
export function adminRoutes(app: FastifyInstance, deps: AdminModuleDeps): void {
  app.register(
    async (admin) => {
      identity(admin, { verifier: deps.verifier })
      await openApi(admin, '/openapi.json', { title: 'admin', description: 'People, their rights, and who did what' })
      await admin.register(
        async (routes) => {
          routes.addHook('onRoute', (route) => {
            const changes = route.method !== 'GET' && route.method !== 'HEAD'
            route.schema = Object.assign({ 'x-section': ADMIN_PAGE }, changes && FOR_OWN_LOGIN, route.schema)
          })
          personRoutes(routes, deps)
          passwordLinkRoutes(routes, deps)
          personSessionRoutes(routes, deps)
          personKeyRoutes(routes, deps)
          roleRoutes(routes, deps)
          sectionRoutes(routes, deps)
          groupRoutes(routes, deps)
          tenantRoutes(routes, deps)
          auditRoutes(routes, deps)
          noticeRoutes(routes, deps)
        },
        { prefix: '/v1' },
      )
    },
    { prefix: '/api/admin' },
  )
}
