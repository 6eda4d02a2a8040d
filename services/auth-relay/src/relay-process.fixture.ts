import { readEnv } from '@munjigi/env'
import { createLogger } from '@munjigi/server/logger'
import { serve } from '@munjigi/server/serve'
import { testStore } from '@munjigi/testing/store'
import { buildApp } from './app.ts'
import { createRelayClients } from './clients/clients.ts'
import { SettingsEnv } from './env.ts'
import { settingsOf } from './settings.ts'

// main.ts but for its store: a relay in a process of its own that needs no Redis and says all there is to say.
const [path = '', source = '{}'] = process.argv.slice(2)
const development = { development: true }
const env = readEnv(SettingsEnv, 'auth-relay', { source: JSON.parse(source), ...development })
const settings = settingsOf(env, development)
const log = createLogger('auth-relay', 'debug')
const clients = createRelayClients({ path, settings, environment: {}, log })
const store = testStore()
const app = buildApp({ store, settings, clients }, { logLevel: 'debug' })
app.addHook('onClose', async () => {
  clients.close()
  await store.close()
})
await serve(app, 0, 'PORT', '127.0.0.1')
