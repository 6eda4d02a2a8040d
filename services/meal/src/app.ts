import type { Database } from '@munjigi/db/connect'
import { assertServingRole } from '@munjigi/db/serving-role'
import { identity } from '@munjigi/identity/user-context'
import type { Verifier } from '@munjigi/identity/verifier'
import { createServer, type ServerOptions } from '@munjigi/server/create-server'
import { openApi } from '@munjigi/server/openapi'
import type { FastifyInstance } from 'fastify'
import { adminRoutes } from './admin-routes.ts'
import { menuRoutes } from './menu-routes.ts'
import { SCHEMA, SERVING_ROLE } from './migrations/plan.ts'
import { registerPeople } from './people.ts'
import { refusals } from './problems.ts'
import { restaurantRoutes } from './restaurant-routes.ts'
import { mealStore } from './store.ts'
import type { Tables } from './tables.ts'

export interface MealDeps {
  database: Database
  verifier: Verifier
}

/** The module `meal`, in a scope of its own: register it in any host made by createServer. */
export async function mealPlugin(app: FastifyInstance, { database, verifier }: MealDeps): Promise<void> {
  const db = database.as<Tables>(SERVING_ROLE).withSchema(SCHEMA)
  const meal = mealStore(db)
  app.addHook('onReady', () => assertServingRole(db))
  app.addReadyCheck('meal-database', database.isAlive)
  app.setErrorHandler<{ constraint?: string }>((error) => {
    // The host's handler answers what is thrown here.
    throw refusals.get(error.constraint ?? '')?.() ?? error
  })
  identity(app, { verifier })
  registerPeople(app, meal)
  await openApi(app, '/api/meal/openapi.json', {
    title: 'meal',
    description: 'Menus by restaurant and day, and who may edit them',
  })
  await app.register(
    async (v1) => {
      restaurantRoutes(v1, meal)
      menuRoutes(v1, meal)
      adminRoutes(v1, meal)
    },
    { prefix: '/api/meal/v1' },
  )
}

/** meal in a server of its own. */
export function buildApp(deps: MealDeps, options: Omit<ServerOptions, 'name'> = {}): FastifyInstance {
  const app = createServer({ name: 'meal', ...options })
  app.register(mealPlugin, deps)
  return app
}
