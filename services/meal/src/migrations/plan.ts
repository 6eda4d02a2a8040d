import type { MigrationPlan } from '@munjigi/db/migrate'
import { people } from './0001-people.ts'
import { menus } from './0002-menus.ts'
import { mealServiceAdmins } from './0003-meal-service-admins.ts'

export const SCHEMA = 'meal'
export const SERVING_ROLE = 'meal_serving'

/** The schema that this service owns, and the role it serves under. */
export const migrationPlan: MigrationPlan = {
  schema: SCHEMA,
  servingRole: SERVING_ROLE,
  migrations: [people, menus, mealServiceAdmins],
}
