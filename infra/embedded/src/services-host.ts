import type { Database } from '@munjigi/db/connect'
import { migrate } from '@munjigi/db/migrate'
import { readEnv } from '@munjigi/env'
import { type Issuer, platformIssuer } from '@munjigi/identity/issuers'
import { createVerifier } from '@munjigi/identity/verifier'
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

export interface HostParts {
  database: Database
  store: Store
  /** Where this host will listen: services find user's keys there. */
  url: string
  /** Variables of the user service, by name. */
  userVariables: Record<string, string>
  issuers: Issuer[]
  logLevel: LogLevel
}

/** All services as plugins of one server, on one database and one store. */
export async function buildServicesHost(parts: HostParts): Promise<FastifyInstance> {
  const { database, store, issuers } = parts
  for (const plan of [userPlan, mealPlan, tracePlan]) await migrate(database, plan)
  const development = { development: true }
  const env = readEnv(SettingsEnv, 'user', { source: parts.userVariables, ...development })
  const settings = { ...settingsOf(env, development), issuers }
  const platform = platformIssuer({
    issuer: settings.platformIssuer,
    audience: settings.platformAudience,
    jwksUri: new URL('/.well-known/jwks.json', parts.url).href,
  })
  const verifier = createVerifier({
    issuers: [platform, ...issuers.map((issuer) => ({ ...issuer, isPlatform: false }))],
  })

  const app = createServer({ name: 'services', mode: 'embedded', logLevel: parts.logLevel })
  app.register(userPlugin, { database, store, settings })
  app.register(mealPlugin, { database, verifier })
  app.register(tracePlugin, { database, store, verifier })
  app.addHook('onClose', async () => verifier.close())
  return app
}
