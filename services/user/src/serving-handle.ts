import type { Database } from '@munjigi/db/connect'
import type { Kysely } from 'kysely'
import { SCHEMA, SERVING_ROLE } from './migrations/plan.ts'
import type { Tables } from './tables.ts'

/**
 * The handle of every statement of this service. It reaches across tenants, as people of any tenant sign in and are asked about;
 * what one tenant's administrator does runs in `withTenant`.
 */
export const servingHandle = (database: Database): Kysely<Tables> =>
  database.as<Tables>(SERVING_ROLE, { acrossTenants: true }).withSchema(SCHEMA)

/** The same for what every gateway asks all day about everybody: requests of one person, however many, cannot delay it. */
export const recordsHandle = (database: Database): Kysely<Tables> =>
  database.as<Tables>(SERVING_ROLE, { acrossTenants: true, isApart: true }).withSchema(SCHEMA)

/** The same for an operator's commands, whose statements may take longer than a request's. */
export const commandHandle = (database: Database): Kysely<Tables> =>
  database.as<Tables>(SERVING_ROLE, { acrossTenants: true, isCommand: true }).withSchema(SCHEMA)
