import type { Database } from '@munjigi/db/connect'
import type { Kysely } from 'kysely'
import { SCHEMA, SERVING_ROLE } from './migrations/plan.ts'
import type { Tables } from './tables.ts'

/**
 * Every statement of this service goes through this handle: its role, its schema. Who signs in and who is asked about may be of
 * any tenant; what one tenant's administrator does runs in `withTenant`.
 */
export const servingHandle = (database: Database): Kysely<Tables> =>
  database.as<Tables>(SERVING_ROLE, { acrossTenants: true }).withSchema(SCHEMA)

/** The same for what an operator has asked for, whose statements may take longer than a request's. */
export const commandHandle = (database: Database): Kysely<Tables> =>
  database.as<Tables>(SERVING_ROLE, { acrossTenants: true, isCommand: true }).withSchema(SCHEMA)
