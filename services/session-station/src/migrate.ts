import { MigrationEnv } from '@munjigi/db/env'
import { migrate } from '@munjigi/db/migrate'
import { requireEnv } from '@munjigi/env'
import { migrationPlan } from './migrations/plan.ts'

const env = requireEnv(MigrationEnv, 'session-station')
const applied = await migrate(env.MIGRATION_DATABASE_URL, migrationPlan)
process.stdout.write(`session-station: ${applied.length === 0 ? 'nothing to do' : `applied ${applied.join(', ')}`}\n`)
