import { Template, TemplateList, TemplateSearch } from '@munjigi/contracts/auth-profile-store'
import { requireUser } from '@munjigi/identity/user-context'
import type { TypeBoxProvider } from '@munjigi/server/typebox-provider'
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { recordEvent } from '../audit.ts'
import type { StationDeps } from '../deps.ts'
import { templateNotFound } from '../problems.ts'
import { templateStore } from './template-store.ts'
import { listPage, requireTenant } from './tenant-page.ts'

const tags = ['store']

/** Anybody's templates of the tenant: the gateway lets only holders of the section auth-profile-store, level admin, come here. */
export function storeAdminRoutes(scope: FastifyInstance, { db }: Pick<StationDeps, 'db'>): void {
  const app = scope.withTypeProvider<TypeBoxProvider>()
  const templates = templateStore(db)

  app.route({
    method: 'GET',
    url: '/auth-profile-store/admin/list',
    schema: {
      summary: 'What the tenant shares (administrators of the store)',
      tags,
      querystring: TemplateSearch,
      response: { 200: TemplateList },
    },
    handler: (request) => listPage(templates, requireTenant(request), request.query),
  })

  app.route({
    method: 'DELETE',
    url: '/auth-profile-store/admin/:template_id',
    schema: {
      summary: "Delete anybody's template of the tenant (administrators of the store)",
      tags,
      params: Type.Pick(Template, ['template_id']),
      response: { 204: Type.Null() },
    },
    handler: async (request, reply) => {
      const { template_id } = request.params
      const removed = await templates.remove(requireTenant(request), template_id)
      if (!removed) throw templateNotFound()
      const event = { actor: requireUser(request).sub, action: 'template.removed', target: template_id }
      await recordEvent(db, { ...event, request_id: request.id, details: removed })
      return reply.code(204).send(null)
    },
  })
}
