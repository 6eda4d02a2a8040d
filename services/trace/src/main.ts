import { connect } from '@munjigi/db/connect'
import { requireEnv } from '@munjigi/env'
import { verifierFromEnv } from '@munjigi/identity/service-verifier'
import { serve } from '@munjigi/server/serve'
import { connectStore } from '@munjigi/store/connect'
import { buildApp } from './app.ts'
import { Env } from './env.ts'

const env = requireEnv(Env, 'trace')
const database = connect(env.DATABASE_URL)
const store = connectStore(env.REDIS_URL)
const verifier = verifierFromEnv(env)
const app = buildApp({ database, store, verifier }, { logLevel: env.LOG_LEVEL })
app.addHook('onClose', async () => {
  verifier.close()
  await Promise.all([database.close(), store.close()])
})
await serve(app, env.PORT, 'TRACE_PORT')
