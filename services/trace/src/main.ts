import { connect } from '@munjigi/db/connect'
import { assertServingRole } from '@munjigi/db/serving-role'
import { requireEnv } from '@munjigi/env'
import { verifierFromEnv } from '@munjigi/identity/service-verifier'
import { serve } from '@munjigi/server/serve'
import { connectStore } from '@munjigi/store/connect'
import { buildApp } from './app.ts'
import { Env } from './env.ts'
import { SERVING_ROLE } from './migrations/plan.ts'

const env = requireEnv(Env, 'trace')
const database = connect(env.DATABASE_URL)
await assertServingRole(database.as(SERVING_ROLE))
const store = connectStore(env.REDIS_URL)
const verifier = verifierFromEnv(env)
const app = buildApp({ database, store, verifier }, { logLevel: env.LOG_LEVEL })
app.addHook('onClose', async () => {
  verifier.close()
  await Promise.all([database.close(), store.close()])
})
await serve(app, env.PORT, 'TRACE_PORT')
