import type { MigrationPlan } from '@munjigi/db/migrate'
import { traces } from './0001-traces.ts'
import { tenants } from './0002-tenants.ts'

export const SCHEMA = 'trace'
export const SERVING_ROLE = 'trace_serving'

/** The schema that this service owns, and the role it serves under. */
export const migrationPlan: MigrationPlan = {
  schema: SCHEMA,
  servingRole: SERVING_ROLE,
  migrations: [traces, tenants],
}
