import { requireUser, type UserContext } from '@munjigi/identity/user-context'
import type { FastifyRequest } from 'fastify'
import { administrationRequired, menuRightRequired } from './problems.ts'
import { mayAdminister, mayEditMenus } from './rights.ts'
import type { MealStore } from './store.ts'

export async function requireAdministration(request: FastifyRequest): Promise<void> {
  if (!mayAdminister(requireUser(request))) throw administrationRequired()
}

/** The caller, if they may edit the menus of this restaurant. */
export async function requireMenuRight(
  request: FastifyRequest,
  meal: MealStore,
  restaurantId: string,
): Promise<UserContext> {
  const user = requireUser(request)
  if (!mayEditMenus(user, await meal.listGrants(user.sub), restaurantId)) throw menuRightRequired()
  return user
}
