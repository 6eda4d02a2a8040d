import type { FastifyInstance } from 'fastify'
import type { MealStore } from './store.ts'

const MAX_REMEMBERED = 10_000

/** Makes a row for each person at their first authenticated call (source 002 §2.3); client accounts are no people. */
export function registerPeople(app: FastifyInstance, meal: MealStore): void {
  const known = new Set<string>()
  app.addHook('preHandler', async ({ user }) => {
    if (user === undefined || user.token.clientId !== undefined || known.has(user.sub)) return
    await meal.insertPerson(user.sub)
    if (known.size >= MAX_REMEMBERED) known.clear()
    known.add(user.sub)
  })
}
