import { EnvError, requireEnv, wholeEnvironment } from '@munjigi/env'
import { createLogger } from '@munjigi/server/logger'
import { serve } from '@munjigi/server/serve'
import { connectStore } from '@munjigi/store/connect'
import { buildApp } from './app.ts'
import { createRelayClients } from './clients/clients.ts'
import { ClientsFileError } from './clients/clients-file.ts'
import { Env } from './env.ts'
import { settingsOf } from './settings.ts'

const env = requireEnv(Env, 'auth-relay')
const logLevel = env.DEBUG ? 'debug' : env.LOG_LEVEL
const { settings, clients } = usable(() => {
  const settings = settingsOf(env)
  const log = createLogger('auth-relay', logLevel)
  const environment = wholeEnvironment()
  return { settings, clients: createRelayClients({ path: env.CLIENTS_FILE, settings, environment, log }) }
})
const store = connectStore(env.REDIS_URL)
const app = buildApp({ store, settings, clients }, { logLevel })
app.addHook('onClose', async () => {
  clients.close()
  await store.close()
})
await serve(app, env.PORT, 'AUTH_RELAY_PORT')

/** What was configured, or every fault of it on the way out. */
function usable<T>(configured: () => T): T {
  try {
    return configured()
  } catch (error) {
    const { message } = error as Error
    const isUnreadable = 'syscall' in (error as Error)
    if (!(error instanceof EnvError || error instanceof ClientsFileError || isUnreadable)) throw error
    process.stderr.write(
      isUnreadable ? `CLIENTS_FILE ${env.CLIENTS_FILE} cannot be read: ${message}\n` : `${message}\n`,
    )
    process.exit(1)
  }
}
