import { requireEnv, requireUsable, wholeEnvironment } from '@munjigi/env'
import { createLogger } from '@munjigi/server/logger'
import { serve } from '@munjigi/server/serve'
import { connectStore } from '@munjigi/store/connect'
import { buildApp } from './app.ts'
import { createRelayClients } from './clients/clients.ts'
import { Env } from './env.ts'
import { settingsOf } from './settings.ts'

const env = requireEnv(Env, 'auth-relay')
const logLevel = env.DEBUG ? 'debug' : env.LOG_LEVEL
const settings = requireUsable(() => settingsOf(env))
const log = createLogger('auth-relay', logLevel)
const environment = wholeEnvironment()
const clients = requireUsable(() => createRelayClients({ path: env.CLIENTS_FILE, settings, environment, log }))
const store = connectStore(env.REDIS_URL)
const app = buildApp({ store, settings, clients }, { logLevel })
app.addHook('onClose', async () => {
  clients.close()
  await store.close()
})
await serve(app, env.PORT, 'AUTH_RELAY_PORT')
