import type { Database } from '@munjigi/db/connect'
import { type MigrationPlan, migrate } from '@munjigi/db/migrate'
import { readEnv } from '@munjigi/env'
import type { Issuer } from '@munjigi/identity/issuers'
import { createServiceVerifier } from '@munjigi/identity/service-verifier'
import { mealPlugin } from '@munjigi/meal/app'
import { migrationPlan as mealPlan } from '@munjigi/meal/migrations/plan'
import { createServer } from '@munjigi/server/create-server'
import type { LogLevel } from '@munjigi/server/logger'
import type { Store } from '@munjigi/store/store'
import { tracePlugin } from '@munjigi/trace/app'
import { migrationPlan as tracePlan } from '@munjigi/trace/migrations/plan'
import { userPlugin } from '@munjigi/user/app'
import { SettingsEnv } from '@munjigi/user/env'
import { migrationPlan as userPlan } from '@munjigi/user/migrations/plan'
import { settingsOf } from '@munjigi/user/settings'
import type { FastifyInstance } from 'fastify'

export type ServiceName = 'user' | 'meal' | 'trace'
export type Databases = Record<ServiceName, Database>

/** The schema that each service owns. */
export const PLANS: Record<ServiceName, MigrationPlan> = { user: userPlan, meal: mealPlan, trace: tracePlan }

/** One database for all of them, brought up to date: each still keeps to its own schema and role. */
export async function shareDatabase(database: Database): Promise<Databases> {
  for (const plan of Object.values(PLANS)) await migrate(database, plan)
  return { user: database, meal: database, trace: database }
}

export interface HostParts {
  databases: Databases
  store: Store
  /** Where this host will listen: services find user's keys there. */
  url: string
  /** Variables of the user service, by name. */
  userVariables: Record<string, string>
  issuers: Issuer[]
  logLevel: LogLevel
}

/** All services as plugins of one server. */
export function buildServicesHost(parts: HostParts): FastifyInstance {
  const { databases, store, issuers } = parts
  const development = { development: true }
  const env = readEnv(SettingsEnv, 'user', { source: parts.userVariables, ...development })
  const settings = { ...settingsOf(env, development), issuers }
  const verifier = createServiceVerifier({
    issuer: settings.platformIssuer,
    audience: settings.platformAudience,
    userUrl: parts.url,
    others: issuers,
  })

  const app = createServer({ name: 'services', mode: 'embedded', logLevel: parts.logLevel })
  app.register(userPlugin, { database: databases.user, store, settings })
  app.register(mealPlugin, { database: databases.meal, verifier })
  app.register(tracePlugin, { database: databases.trace, store, verifier })
  app.addHook('onClose', async () => verifier.close())
  return app
}
