import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { connect } from '@munjigi/db/connect'
import { migrate } from '@munjigi/db/migrate'
import { createUserService } from '../case-roles/user-service.ts'
import { migrationPlan, SCHEMA, SERVING_ROLE } from '../migrations/plan.ts'
import type { Tables } from '../tables.ts'
import { createCase } from './creation.ts'
import { sweepGrants } from './unsettled-grants.ts'

const FILE = fileURLToPath(import.meta.url)

interface ProcessSettings {
  /** `pglite:///folder`, or PostgreSQL that is migrated already. */
  databaseUrl: string
  userUrl: string
  internalKey: string
  sub: string
  tenantId: string
}

/** The service's rules in a process of their own, which can be killed between two steps. */
export function caseProcess(work: 'create' | 'sweep', settings: ProcessSettings) {
  const child = fork(FILE, [work, JSON.stringify(settings)], { execArgv: [], stdio: 'inherit' })
  const exited = once(child, 'exit')
  return { exited, kill: () => child.kill('SIGKILL') }
}

async function run(work: string, { databaseUrl, userUrl, internalKey, sub, tenantId }: ProcessSettings) {
  const database = connect(databaseUrl)
  if (databaseUrl.startsWith('pglite:')) await migrate(database, migrationPlan)
  const db = database.as<Tables>(SERVING_ROLE).withSchema(SCHEMA)
  const all = database.as<Tables>(SERVING_ROLE, { acrossTenants: true }).withSchema(SCHEMA)
  const user = createUserService({ url: userUrl, internalKey }, { error() {} })
  const caller = { sub, tenantId, isAdmin: false }
  if (work === 'create')
    await createCase({ db, user, roles: { drop() {}, dropAll() {}, rolesOf: async () => new Map() } }, caller, {
      title: 'x',
    })
  else await sweepGrants(all, { db, user }, 0)
  await user.close()
  await database.close()
}

if (process.argv[1] === FILE) await run(process.argv[2] ?? '', JSON.parse(process.argv[3] ?? ''))
