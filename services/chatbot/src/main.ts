import { connect } from '@munjigi/db/connect'
import { requireEnv, requireUsable } from '@munjigi/env'
import { serve } from '@munjigi/server/serve'
import { connectStore } from '@munjigi/store/connect'
import { buildApp } from './app.ts'
import { Env } from './env.ts'
import { settingsOf } from './settings.ts'

const env = requireEnv(Env, 'chatbot')
const settings = requireUsable(() => settingsOf(env))
const database = connect(env.DATABASE_URL)
const store = connectStore(env.REDIS_URL)
const app = buildApp({ database, store, settings }, { logLevel: env.LOG_LEVEL })
app.addHook('onClose', async () => {
  await Promise.all([database.close(), store.close()])
})
await serve(app, env.PORT, 'CHATBOT_PORT')
