import { MigrationEnv } from '@munjigi/db/env'
import { migrate } from '@munjigi/db/migrate'
import { requireEnv } from '@munjigi/env'
import { migrationPlan } from './migrations/plan.ts'

const env = requireEnv(MigrationEnv, 'case')
const applied = await migrate(env.MIGRATION_DATABASE_URL, migrationPlan)
process.stdout.write(`case: ${applied.length === 0 ? 'nothing to do' : `applied ${applied.join(', ')}`}\n`)
