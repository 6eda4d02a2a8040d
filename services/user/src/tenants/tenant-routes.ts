import { randomUUID } from 'node:crypto'
import { Tenant, TenantPage } from '@munjigi/contracts/tenants'
import type { TypeBoxProvider } from '@munjigi/server/typebox-provider'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { FOR_SUPERUSERS, requireSuperuser } from '../admin/administrator.ts'
import { changeHouse } from '../admin/house-change.ts'
import { lockSuperusers } from '../admin/people-lock.ts'
import { NewTitle } from '../admin/title.ts'
import type { AdminDeps } from '../deps.ts'
import { alreadySuspended, notSuspended, ownTenant, tenantNotFound } from './problems.ts'
import { tenants } from './tenants.ts'

const strict = { additionalProperties: false }
const IdParams = Type.Pick(Tenant, ['id'])
const Named = Type.Object({ name: NewTitle }, strict)
const PageQuery = Type.Object(
  {
    cursor: Type.Optional(Type.String({ maxLength: 1000 })),
    limit: Type.Integer({ minimum: 1, maximum: 200, default: 50 }),
  },
  strict,
)

/** Said of each route in the OpenAPI document. ADMIN has the permission, and so has every superuser. */
const ofTenants = { ...FOR_SUPERUSERS, tags: ['tenants'], 'x-permission': 'tenant:manage' }

/** Tenants are for superusers alone; each of them is ADMIN and so holds `tenant:manage`. */
export function tenantRoutes(scope: FastifyInstance, deps: AdminDeps): void {
  const app = scope.withTypeProvider<TypeBoxProvider>()
  const { db } = deps

  app.route({
    method: 'GET',
    url: '/tenants',
    schema: { ...ofTenants, summary: 'Every tenant, by name', querystring: PageQuery, response: { 200: TenantPage } },
    handler: async (request) => {
      await requireSuperuser(db, request)
      return tenants(db).list(request.query)
    },
  })

  app.route({
    method: 'POST',
    url: '/tenants',
    schema: { ...ofTenants, summary: 'A new tenant, without people', body: Named, response: { 201: Tenant } },
    handler: async (request, reply) => {
      reply.code(201)
      return changeHouse(deps, request, async (trx) => {
        const { name } = request.body
        const tenant = await tenants(trx).insert({ id: randomUUID(), name })
        return {
          action: 'tenant.created',
          target: tenant.id,
          tenant_id: tenant.id,
          details: { name },
          result: tenant,
        }
      })
    },
  })

  app.route({
    method: 'PATCH',
    url: '/tenants/:id',
    schema: { ...ofTenants, summary: 'Renames a tenant', params: IdParams, body: Named, response: { 200: Tenant } },
    handler: (request) =>
      changeHouse(deps, request, async (trx) => {
        const { id } = request.params
        const { name } = request.body
        const before = await tenants(trx).lock(id)
        if (!before) throw tenantNotFound()
        const result = await tenants(trx).update(id, { name })
        return {
          action: 'tenant.renamed',
          target: before.id,
          tenant_id: before.id,
          details: { from: before.name, to: name },
          result,
        }
      }),
  })

  app.route({
    method: 'POST',
    url: '/tenants/:id/suspend',
    schema: {
      ...ofTenants,
      summary: 'Suspends a tenant: its people can do nothing any more',
      params: IdParams,
      response: { 200: Tenant },
    },
    handler: (request) => setStatus(deps, request, request.params.id, 'suspended'),
  })

  app.route({
    method: 'POST',
    url: '/tenants/:id/resume',
    schema: { ...ofTenants, summary: 'Resumes a suspended tenant', params: IdParams, response: { 200: Tenant } },
    handler: (request) => setStatus(deps, request, request.params.id, 'active'),
  })
}

function setStatus(deps: AdminDeps, request: FastifyRequest, id: string, status: Tenant['status']): Promise<Tenant> {
  const isSuspension = status === 'suspended'
  return changeHouse(deps, request, async (trx) => {
    // Two superusers may shut each other out at the same time: under the lock, the second finds that they are out already.
    await lockSuperusers(trx)
    const actor = await requireSuperuser(trx, request)
    const before = await tenants(trx).lock(id)
    if (!before) throw tenantNotFound()
    if (before.status === status) throw isSuspension ? alreadySuspended() : notSuspended()
    if (isSuspension && actor.tenant_id === before.id) throw ownTenant()
    const result = await tenants(trx).update(id, { status })
    return {
      action: isSuspension ? 'tenant.suspended' : 'tenant.resumed',
      target: before.id,
      tenant_id: before.id,
      result,
    }
  })
}
