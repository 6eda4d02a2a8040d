import { MealServiceAdmin } from '@munjigi/contracts/meal'
import { requireUser } from '@munjigi/identity/user-context'
import type { TypeBoxProvider } from '@munjigi/server/typebox-provider'
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { requireAdministration } from './guards.ts'
import { adminNotFound } from './problems.ts'
import type { MealStore } from './store.ts'

const NewAdmin = Type.Pick(MealServiceAdmin, ['keycloak_sub', 'restaurant_id'], { additionalProperties: false })
const AdminQuery = Type.Object(
  {
    keycloak_sub: MealServiceAdmin.properties.keycloak_sub,
    restaurant_id: Type.Optional(
      Type.String({ format: 'uuid', description: 'absent: the grant for every restaurant' }),
    ),
  },
  { additionalProperties: false },
)

export function adminRoutes(scope: FastifyInstance, meal: MealStore): void {
  const app = scope.withTypeProvider<TypeBoxProvider>()

  app.route({
    method: 'GET',
    url: '/admins',
    preHandler: requireAdministration,
    schema: {
      summary: 'Who may edit the menus of which restaurant (administrators)',
      tags: ['admins'],
      response: { 200: Type.Object({ admins: Type.Array(MealServiceAdmin) }) },
    },
    handler: async () => ({ admins: await meal.listAdmins() }),
  })

  app.route({
    method: 'POST',
    url: '/admins',
    preHandler: requireAdministration,
    schema: {
      summary: 'Let a person edit the menus of one restaurant, or of all (administrators)',
      tags: ['admins'],
      body: NewAdmin,
      response: { 201: MealServiceAdmin },
    },
    handler: async (request, reply) => {
      // A grant may come before the person's first call.
      await meal.insertPerson(request.body.keycloak_sub)
      const granted_by = requireUser(request).sub
      return reply.code(201).send(await meal.insertAdmin({ ...request.body, granted_by }))
    },
  })

  app.route({
    method: 'DELETE',
    url: '/admins',
    preHandler: requireAdministration,
    schema: {
      summary: 'Withdraw a grant (administrators)',
      tags: ['admins'],
      querystring: AdminQuery,
      response: { 204: Type.Null() },
    },
    handler: async ({ query }, reply) => {
      if (!(await meal.removeAdmin(query.keycloak_sub, query.restaurant_id ?? null))) throw adminNotFound()
      return reply.code(204).send(null)
    },
  })
}
