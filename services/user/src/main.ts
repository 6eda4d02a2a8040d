#!/usr/bin/env node
import { connect } from '@munjigi/db/connect'
import { requireEnv, requireUsable } from '@munjigi/env'
import { serve } from '@munjigi/server/serve'
import { connectStore } from '@munjigi/store/connect'
import { buildApp } from './app.ts'
import { Env } from './env.ts'
import { rotateKeys } from './keys/rotate-keys.ts'
import { settingsOf } from './settings.ts'

const env = requireEnv(Env, 'user')
const settings = requireUsable(() => settingsOf(env))
const database = connect(env.DATABASE_URL)

if (process.argv[2] === 'rotate-keys') {
  await rotateKeys(database, settings)
  await database.close()
} else {
  const store = connectStore(env.REDIS_URL)
  const app = buildApp({ database, store, settings, server: { logLevel: env.LOG_LEVEL } })
  app.addHook('onClose', async () => {
    await Promise.all([database.close(), store.close()])
  })
  await serve(app, env.PORT, 'USER_PORT')
}
