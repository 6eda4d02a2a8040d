import { connect } from '@munjigi/db/connect'
import { requireEnv } from '@munjigi/env'
import { verifierFromEnv } from '@munjigi/identity/service-verifier'
import { serve } from '@munjigi/server/serve'
import { connectStore } from '@munjigi/store/connect'
import { buildApp } from './app.ts'
import { Env } from './env.ts'

const env = requireEnv(Env, 'case')
const database = connect(env.DATABASE_URL)
const store = connectStore(env.REDIS_URL)
const verifier = verifierFromEnv(env)
const user = { url: env.USER_URL, internalKey: env.INTERNAL_KEY }
const app = buildApp({ database, store, verifier, user }, { logLevel: env.LOG_LEVEL })
app.addHook('onClose', async () => {
  verifier.close()
  await Promise.all([database.close(), store.close()])
})
await serve(app, env.PORT, 'CASE_PORT')
