import { Restaurant, Restaurants } from '@munjigi/contracts/meal'
import { requireUser } from '@munjigi/identity/user-context'
import type { TypeBoxProvider } from '@munjigi/server/typebox-provider'
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { requireAdministration } from './guards.ts'
import { restaurantNotFound } from './problems.ts'
import { administers } from './rights.ts'
import type { MealStore } from './store.ts'

const Id = Type.Pick(Restaurant, ['id'])
const NewRestaurant = Type.Pick(Restaurant, ['name', 'location'], { additionalProperties: false })
const RestaurantChange = Type.Partial(NewRestaurant, { additionalProperties: false, minProperties: 1 })

export function restaurantRoutes(scope: FastifyInstance, meal: MealStore): void {
  const app = scope.withTypeProvider<TypeBoxProvider>()

  app.route({
    method: 'GET',
    url: '/restaurants',
    config: { access: 'public' },
    schema: {
      summary: 'All restaurants, by name',
      tags: ['restaurants'],
      security: [],
      response: { 200: Restaurants },
    },
    handler: async () => ({ restaurants: await meal.listRestaurants() }),
  })

  app.route({
    method: 'GET',
    url: '/administered-restaurants',
    schema: {
      summary: 'The restaurants whose menus the caller may edit, by name; a client account by itself has none',
      tags: ['restaurants'],
      response: { 200: Restaurants },
    },
    handler: async (request) => {
      const user = requireUser(request)
      const [restaurants, grants] = await Promise.all([meal.listRestaurants(), meal.listGrants(user.sub)])
      return { restaurants: restaurants.filter(({ id }) => administers(user, grants, id)) }
    },
  })

  app.route({
    method: 'POST',
    url: '/restaurants',
    preHandler: requireAdministration,
    schema: {
      summary: 'Add a restaurant (administrators)',
      tags: ['restaurants'],
      body: NewRestaurant,
      response: { 201: Restaurant },
    },
    handler: async (request, reply) => reply.code(201).send(await meal.insertRestaurant(request.body)),
  })

  app.route({
    method: 'PATCH',
    url: '/restaurants/:id',
    preHandler: requireAdministration,
    schema: {
      summary: 'Change a restaurant (administrators)',
      tags: ['restaurants'],
      params: Id,
      body: RestaurantChange,
      response: { 200: Restaurant },
    },
    handler: async (request) => {
      const restaurant = await meal.updateRestaurant(request.params.id, request.body)
      if (!restaurant) throw restaurantNotFound()
      return restaurant
    },
  })

  app.route({
    method: 'DELETE',
    url: '/restaurants/:id',
    preHandler: requireAdministration,
    schema: {
      summary: 'Remove a restaurant with its menus and grants (administrators)',
      tags: ['restaurants'],
      params: Id,
      response: { 204: Type.Null() },
    },
    handler: async (request, reply) => {
      if (!(await meal.removeRestaurant(request.params.id))) throw restaurantNotFound()
      return reply.code(204).send(null)
    },
  })
}
