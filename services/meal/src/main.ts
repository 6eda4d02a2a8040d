import { connect } from '@munjigi/db/connect'
import { requireEnv } from '@munjigi/env'
import { verifierFromEnv } from '@munjigi/identity/service-verifier'
import { serve } from '@munjigi/server/serve'
import { buildApp } from './app.ts'
import { Env } from './env.ts'

const env = requireEnv(Env, 'meal')
const database = connect(env.DATABASE_URL)
const verifier = verifierFromEnv(env)
const app = buildApp({ database, verifier }, { logLevel: env.LOG_LEVEL })
app.addHook('onClose', async () => {
  verifier.close()
  await database.close()
})
await serve(app, env.PORT, 'MEAL_PORT')
