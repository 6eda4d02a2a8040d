import type { MigrationPlan } from '@munjigi/db/migrate'
import { people } from './0001-people.ts'
import { sections } from './0002-sections.ts'
import { sessions } from './0003-sessions.ts'
import { audit } from './0004-audit.ts'
import { tenantIsolation } from './0005-tenant-isolation.ts'
import { passwords } from './0006-passwords.ts'
import { sessionDetails } from './0007-session-details.ts'
import { apiKeys } from './0008-api-keys.ts'
import { caseRoles } from './0009-case-roles.ts'
import { notices } from './0010-notices.ts'
import { auditSearch } from './0011-audit-search.ts'
import { peopleSearch } from './0012-people-search.ts'
import { firstSso } from './0013-first-sso.ts'
import { peopleSearchOrder } from './0014-people-search-order.ts'

export const SCHEMA = 'users'
export const SERVING_ROLE = 'user_serving'

export const migrationPlan: MigrationPlan = {
  schema: SCHEMA,
  servingRole: SERVING_ROLE,
  migrations: [
    people,
    sections,
    sessions,
    audit,
    tenantIsolation,
    passwords,
    sessionDetails,
    apiKeys,
    caseRoles,
    notices,
    auditSearch,
    peopleSearch,
    firstSso,
    peopleSearchOrder,
  ],
}
