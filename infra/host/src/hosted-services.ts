import { authRelayPlugin } from '@munjigi/auth-relay/app'
import { createRelayClients } from '@munjigi/auth-relay/clients/clients'
import { Env as RelayEnv } from '@munjigi/auth-relay/env'
import { settingsOf as relaySettingsOf } from '@munjigi/auth-relay/settings'
import { casePlugin } from '@munjigi/case/app'
import { Env as CaseEnv } from '@munjigi/case/env'
import { chatbotPlugin } from '@munjigi/chatbot/app'
import { Env as ChatbotEnv } from '@munjigi/chatbot/env'
import { settingsOf as chatbotSettingsOf } from '@munjigi/chatbot/settings'
import { readEnv, wholeEnvironment } from '@munjigi/env'
import { mealPlugin } from '@munjigi/meal/app'
import { Env as MealEnv } from '@munjigi/meal/env'
import { createLogger } from '@munjigi/server/logger'
import { sessionStationPlugin } from '@munjigi/session-station/app'
import { Env as StationEnv } from '@munjigi/session-station/env'
import { settingsOf as stationSettingsOf } from '@munjigi/session-station/settings'
import { tracePlugin } from '@munjigi/trace/app'
import { Env as TraceEnv } from '@munjigi/trace/env'
import { userPlugin } from '@munjigi/user/app'
import { Env as UserEnv } from '@munjigi/user/env'
import { settingsOf as userSettingsOf } from '@munjigi/user/settings'
import type { HostParts } from './host-parts.ts'

/** Puts a service into a host, from what it has read of the environment. */
type Placing = (parts: HostParts) => void

/** Reads what a service needs, as its own main.ts does. @throws EnvError listing every fault, or an Error that says what is wrong */
export const HOSTED_SERVICES: Readonly<Record<string, () => Placing>> = {
  user() {
    const env = readEnv(UserEnv, 'user')
    const settings = userSettingsOf(env)
    return ({ app, databaseAt, storeAt }) =>
      void app.register(userPlugin, {
        database: databaseAt(env.DATABASE_URL),
        store: storeAt(env.REDIS_URL),
        settings,
      })
  },
  meal() {
    const env = readEnv(MealEnv, 'meal')
    return ({ app, databaseAt, verifierOf }) =>
      void app.register(mealPlugin, { database: databaseAt(env.DATABASE_URL), verifier: verifierOf('meal', env) })
  },
  case() {
    const env = readEnv(CaseEnv, 'case')
    return ({ app, databaseAt, storeAt, verifierOf }) =>
      void app.register(casePlugin, {
        database: databaseAt(env.DATABASE_URL),
        store: storeAt(env.REDIS_URL),
        verifier: verifierOf('case', env),
        user: { url: env.USER_URL, internalKey: env.INTERNAL_KEY },
      })
  },
  trace() {
    const env = readEnv(TraceEnv, 'trace')
    return ({ app, databaseAt, storeAt, verifierOf }) =>
      void app.register(tracePlugin, {
        database: databaseAt(env.DATABASE_URL),
        store: storeAt(env.REDIS_URL),
        verifier: verifierOf('trace', env),
      })
  },
  'auth-relay'() {
    const env = readEnv(RelayEnv, 'auth-relay')
    const settings = relaySettingsOf(env)
    const log = createLogger('auth-relay', env.LOG_LEVEL)
    const clients = createRelayClients({ path: env.CLIENTS_FILE, settings, environment: wholeEnvironment(), log })
    return ({ app, storeAt }) => {
      app.addHook('onClose', async () => clients.close())
      app.register(authRelayPlugin, { store: storeAt(env.REDIS_URL), settings, clients })
    }
  },
  chatbot() {
    const env = readEnv(ChatbotEnv, 'chatbot')
    const settings = chatbotSettingsOf(env)
    return ({ app, databaseAt, storeAt }) =>
      void app.register(chatbotPlugin, {
        database: databaseAt(env.DATABASE_URL),
        store: storeAt(env.REDIS_URL),
        settings,
      })
  },
  'session-station'() {
    const env = readEnv(StationEnv, 'session-station')
    const settings = stationSettingsOf(env)
    return ({ app, databaseAt, storeAt, verifierOf }) =>
      void app.register(sessionStationPlugin, {
        database: databaseAt(env.DATABASE_URL),
        store: storeAt(env.REDIS_URL),
        verifier: verifierOf('session-station', env),
        settings,
      })
  },
}
