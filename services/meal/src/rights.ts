import type { UserContext } from '@munjigi/identity/user-context'

export type Roles = Pick<UserContext, 'role' | 'hasRealmRole' | 'hasClientRole'>

type Person = Roles & { token: Pick<UserContext['token'], 'clientId'> }

/** A row of meal_service_admins; null stands for every restaurant. */
export interface Grant {
  restaurant_id: string | null
}

/** Restaurants, grants and every menu (DESIGN §10). Role `admin` is left out: it rules a tenant, and restaurants have none. */
export const mayAdminister = (user: Roles): boolean =>
  user.role === 'ADMIN' || user.hasRealmRole('global_admin') || user.hasClientRole('meal-service', 'meal_admin')

/** Roles from the token and rows of our own table decide together (source 002 §2.3). */
export const mayEditMenus = (user: Roles, grants: readonly Grant[], restaurantId: string): boolean =>
  mayAdminister(user) || grants.some(({ restaurant_id }) => restaurant_id === null || restaurant_id === restaurantId)

/** Whom a restaurant's menus are entrusted to: a person. What a client account may do by its roles makes it nobody's keeper. */
export const administers = (user: Person, grants: readonly Grant[], restaurantId: string): boolean =>
  user.token.clientId === undefined && mayEditMenus(user, grants, restaurantId)
