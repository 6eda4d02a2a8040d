import { migrate } from '@munjigi/db/migrate'
import { requireEnv } from '@munjigi/env'
import { Type } from 'typebox'
import { migrationPlan } from './migrations/plan.ts'

const Env = Type.Object({
  MIGRATION_DATABASE_URL: Type.String({
    pattern: '^postgres(ql)?://',
    description: 'the database as the owner of the tables, not as the role that serves',
  }),
})

const applied = await migrate(requireEnv(Env, 'trace').MIGRATION_DATABASE_URL, migrationPlan)
process.stdout.write(`trace: ${applied.length === 0 ? 'nothing to do' : `applied ${applied.join(', ')}`}\n`)
