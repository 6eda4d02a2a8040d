import { Menu, Menus, NewMenu } from '@munjigi/contracts/meal'
import type { TypeBoxProvider } from '@munjigi/server/typebox-provider'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { requireMenuRight } from './guards.ts'
import { menuNotFound } from './problems.ts'
import type { MealStore } from './store.ts'

const Id = Type.Pick(Menu, ['id'])
const MenuQuery = Type.Object(
  { date: Menu.properties.date, restaurant_id: Type.Optional(Menu.properties.restaurant_id) },
  { additionalProperties: false },
)
const MenuChange = Type.Partial(Type.Pick(Menu, ['date', 'meal', 'dishes', 'price']), {
  additionalProperties: false,
  minProperties: 1,
})

export function menuRoutes(scope: FastifyInstance, meal: MealStore): void {
  const app = scope.withTypeProvider<TypeBoxProvider>()

  async function requireEditor(request: FastifyRequest, id: string) {
    const menu = await meal.findMenu(id)
    if (!menu) throw menuNotFound()
    return requireMenuRight(request, meal, menu.restaurant_id)
  }

  app.route({
    method: 'GET',
    url: '/menus',
    config: { access: 'public' },
    schema: {
      summary: 'The menus of a day, of every restaurant or of one',
      tags: ['menus'],
      security: [],
      querystring: MenuQuery,
      response: { 200: Menus },
    },
    handler: async ({ query }) => ({ menus: await meal.listMenus(query.date, query.restaurant_id) }),
  })

  app.route({
    method: 'POST',
    url: '/menus',
    schema: {
      summary: 'Add a menu (administrators, and who holds a grant for the restaurant)',
      tags: ['menus'],
      body: NewMenu,
      response: { 201: Menu },
    },
    handler: async (request, reply) => {
      const user = await requireMenuRight(request, meal, request.body.restaurant_id)
      return reply.code(201).send(await meal.insertMenu(request.body, user.sub))
    },
  })

  app.route({
    method: 'PATCH',
    url: '/menus/:id',
    schema: {
      summary: 'Change a menu (administrators, and who holds a grant for the restaurant)',
      tags: ['menus'],
      params: Id,
      body: MenuChange,
      response: { 200: Menu },
    },
    handler: async (request) => {
      const user = await requireEditor(request, request.params.id)
      const menu = await meal.updateMenu(request.params.id, request.body, user.sub)
      if (!menu) throw menuNotFound()
      return menu
    },
  })

  app.route({
    method: 'DELETE',
    url: '/menus/:id',
    schema: {
      summary: 'Remove a menu (administrators, and who holds a grant for the restaurant)',
      tags: ['menus'],
      params: Id,
      response: { 204: Type.Null() },
    },
    handler: async (request, reply) => {
      await requireEditor(request, request.params.id)
      if (!(await meal.removeMenu(request.params.id))) throw menuNotFound()
      return reply.code(204).send(null)
    },
  })
}
