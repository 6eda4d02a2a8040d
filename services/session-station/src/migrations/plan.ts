import type { MigrationPlan } from '@munjigi/db/migrate'
import { authProfiles } from './0001-auth-profiles.ts'
import { authContexts } from './0002-auth-contexts.ts'
import { authRefreshLogs } from './0003-auth-refresh-logs.ts'
import { authProfileTemplates } from './0004-auth-profile-templates.ts'
import { audit } from './0005-audit.ts'
import { sealingCheck } from './0006-sealing-check.ts'

export const SCHEMA = 'session_station'
export const SERVING_ROLE = 'session_station_serving'

/** The schema that this service owns, and the role it serves under. */
export const migrationPlan: MigrationPlan = {
  schema: SCHEMA,
  servingRole: SERVING_ROLE,
  migrations: [authProfiles, authContexts, authRefreshLogs, authProfileTemplates, audit, sealingCheck],
}
