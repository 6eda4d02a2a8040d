#!/usr/bin/env node
import { connect } from '@munjigi/db/connect'
import { EnvError, requireEnv, requireUsable } from '@munjigi/env'
import { verifierFromEnv } from '@munjigi/identity/service-verifier'
import { serve } from '@munjigi/server/serve'
import { connectStore } from '@munjigi/store/connect'
import { buildApp } from './app.ts'
import { Env, RotationEnv } from './env.ts'
import { rotateKeys } from './rotation/rotate-keys.ts'
import { settingsOf } from './settings.ts'

async function rotate(): Promise<void> {
  const env = requireEnv(RotationEnv, 'session-station')
  const database = connect(env.DATABASE_URL)
  process.exitCode = await rotateKeys(
    database,
    requireUsable(() => settingsOf(env)),
  )
  await database.close()
}

async function start(): Promise<void> {
  const env = requireEnv(Env, 'session-station')
  const settings = requireUsable(() => settingsOf(env))
  const verifier = requireUsable(() => verifierFromEnv(env))
  const database = connect(env.DATABASE_URL)
  const store = connectStore(env.REDIS_URL)
  const app = buildApp({ database, store, verifier, settings }, { logLevel: env.LOG_LEVEL })
  app.addHook('onClose', async () => {
    verifier.close()
    await Promise.all([database.close(), store.close()])
  })
  await serve(app, env.PORT, 'SESSION_STATION_PORT')
}

const COMMANDS = new Map([
  [undefined, start],
  ['rotate-keys', rotate],
])

try {
  const run = COMMANDS.get(process.argv[2])
  if (run === undefined) {
    process.stderr.write('usage: munjigi-session-station [rotate-keys]; without a command it serves\n')
    process.exit(1)
  }
  await run()
} catch (error) {
  const { statusCode, message } = error as Error & { statusCode?: number }
  if (!(error instanceof EnvError) && statusCode !== 503) throw error
  process.stderr.write(`${message}\n`)
  process.exit(1)
}
