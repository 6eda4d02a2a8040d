import type { MigrationPlan } from '@munjigi/db/migrate'
import { people } from './0001-people.ts'
import { sections } from './0002-sections.ts'
import { sessions } from './0003-sessions.ts'
import { audit } from './0004-audit.ts'

export const SCHEMA = 'users'
export const SERVING_ROLE = 'user_serving'

export const migrationPlan: MigrationPlan = {
  schema: SCHEMA,
  servingRole: SERVING_ROLE,
  migrations: [people, sections, sessions, audit],
}
