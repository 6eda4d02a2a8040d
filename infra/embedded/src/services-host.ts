import { authRelayPlugin } from '@munjigi/auth-relay/app'
import { createRelayClients } from '@munjigi/auth-relay/clients/clients'
import { SettingsEnv as RelayEnv } from '@munjigi/auth-relay/env'
import { settingsOf as relaySettingsOf } from '@munjigi/auth-relay/settings'
import { casePlugin } from '@munjigi/case/app'
import { migrationPlan as casePlan } from '@munjigi/case/migrations/plan'
import { chatbotPlugin } from '@munjigi/chatbot/app'
import { SettingsEnv as ChatbotEnv } from '@munjigi/chatbot/env'
import { migrationPlan as chatbotPlan } from '@munjigi/chatbot/migrations/plan'
import { settingsOf as chatbotSettingsOf } from '@munjigi/chatbot/settings'
import type { Database } from '@munjigi/db/connect'
import { type MigrationPlan, migrate } from '@munjigi/db/migrate'
import { readEnv } from '@munjigi/env'
import type { Issuer } from '@munjigi/identity/issuers'
import { serviceIssuers } from '@munjigi/identity/service-verifier'
import { createVerifier } from '@munjigi/identity/verifier'
import { mealPlugin } from '@munjigi/meal/app'
import { migrationPlan as mealPlan } from '@munjigi/meal/migrations/plan'
import { createServer } from '@munjigi/server/create-server'
import type { LogLevel } from '@munjigi/server/logger'
import { sessionStationPlugin } from '@munjigi/session-station/app'
import { SettingsEnv as StationEnv } from '@munjigi/session-station/env'
import { migrationPlan as stationPlan } from '@munjigi/session-station/migrations/plan'
import { settingsOf as stationSettingsOf } from '@munjigi/session-station/settings'
import type { Store } from '@munjigi/store/store'
import { tracePlugin } from '@munjigi/trace/app'
import { migrationPlan as tracePlan } from '@munjigi/trace/migrations/plan'
import { userPlugin } from '@munjigi/user/app'
import { SettingsEnv as UserEnv } from '@munjigi/user/env'
import { migrationPlan as userPlan } from '@munjigi/user/migrations/plan'
import { settingsOf as userSettingsOf } from '@munjigi/user/settings'
import type { FastifyInstance } from 'fastify'

type ServiceName = 'user' | 'meal' | 'case' | 'trace' | 'chatbot' | 'session-station'
export type Databases = Record<ServiceName, Database>

/** The schema that each service owns. */
export const PLANS: Record<ServiceName, MigrationPlan> = {
  user: userPlan,
  meal: mealPlan,
  case: casePlan,
  trace: tracePlan,
  chatbot: chatbotPlan,
  'session-station': stationPlan,
}

/** One database for all of them, brought up to date: each still keeps to its own schema and role. */
export async function shareDatabase(database: Database): Promise<Databases> {
  for (const plan of Object.values(PLANS)) await migrate(database, plan)
  return {
    user: database,
    meal: database,
    case: database,
    trace: database,
    chatbot: database,
    'session-station': database,
  }
}

export interface HostParts {
  databases: Databases
  store: Store
  /** Where this host will listen: services find user's keys there. */
  url: string
  /** Variables of the services, by name. */
  variables: Record<string, string>
  /** The clients.json of the relay. */
  clientsFile: string
  /** The chatbot's clock in milliseconds. */
  now?: () => number
  issuers: Issuer[]
  /** What the case service shows user's internal routes. */
  caseKey: string
  logLevel: LogLevel
}

const DEVELOPMENT = { development: true }

/** All services as plugins of one server; once it listens `trustIssuers` lets them verify tokens, user's among them. */
export function buildServicesHost(parts: HostParts): { app: FastifyInstance; trustIssuers: () => Promise<void> } {
  const { databases, store, issuers, variables, now } = parts
  const reading = { source: variables, ...DEVELOPMENT }
  const user = { ...userSettingsOf(readEnv(UserEnv, 'user', reading), DEVELOPMENT), issuers }
  const relay = relaySettingsOf(readEnv(RelayEnv, 'auth-relay', reading), DEVELOPMENT)
  const chatbot = chatbotSettingsOf(readEnv(ChatbotEnv, 'chatbot', reading), DEVELOPMENT)
  const station = stationSettingsOf(readEnv(StationEnv, 'session-station', reading))
  // Keys asked for before this host listens would be asked for again only after a while.
  const verifier = createVerifier({ issuers: [] })
  const trusted = serviceIssuers({
    issuer: user.platformIssuer,
    audience: user.platformAudience,
    userUrl: parts.url,
    others: issuers,
  })

  const app = createServer({ name: 'services', mode: 'embedded', logLevel: parts.logLevel })
  const clients = createRelayClients({
    path: parts.clientsFile,
    settings: relay,
    environment: variables,
    log: app.log,
  })
  app.register(userPlugin, { database: databases.user, store, settings: user })
  app.register(mealPlugin, { database: databases.meal, verifier })
  app.register(casePlugin, {
    database: databases.case,
    store,
    verifier,
    user: { url: parts.url, internalKey: parts.caseKey },
  })
  app.register(tracePlugin, { database: databases.trace, store, verifier })
  app.register(authRelayPlugin, { store, settings: relay, clients })
  app.register(chatbotPlugin, { database: databases.chatbot, store, settings: chatbot, ...(now && { now }) })
  app.register(sessionStationPlugin, { database: databases['session-station'], store, verifier, settings: station })
  app.addHook('onClose', async () => {
    clients.close()
    verifier.close()
  })
  return {
    app,
    async trustIssuers() {
      verifier.replaceIssuers(trusted)
      await verifier.prefetch()
    },
  }
}
