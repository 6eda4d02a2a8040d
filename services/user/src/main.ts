#!/usr/bin/env node
import { connect } from '@munjigi/db/connect'
import { EnvError, requireEnv, requireUsable } from '@munjigi/env'
import { serve } from '@munjigi/server/serve'
import { connectStore } from '@munjigi/store/connect'
import { buildApp } from './app.ts'
import { Env, ImportEnv } from './env.ts'
import { readImportCall, runImport } from './import/import-command.ts'
import { rotateKeys } from './keys/rotate-keys.ts'
import { settingsOf } from './settings.ts'

const USAGE = `usage: munjigi-user                                              serves
       munjigi-user rotate-keys                                  new signing keys
       munjigi-user import people.csv [--tenant id] [--dry-run]  people from a file, all of them or none
`

async function start(): Promise<void> {
  const env = requireEnv(Env, 'user')
  const settings = requireUsable(() => settingsOf(env))
  const database = connect(env.DATABASE_URL)
  const store = connectStore(env.REDIS_URL)
  const app = buildApp({ database, store, settings, server: { logLevel: env.LOG_LEVEL } })
  app.addHook('onClose', async () => {
    await Promise.all([database.close(), store.close()])
  })
  await serve(app, env.PORT, 'USER_PORT')
}

async function rotate(): Promise<void> {
  const env = requireEnv(Env, 'user')
  const settings = requireUsable(() => settingsOf(env))
  const database = connect(env.DATABASE_URL)
  await rotateKeys(database, settings)
  await database.close()
}

async function importFile(words: string[]): Promise<void> {
  const call = readImportCall(words)
  if (call === undefined) return refuse()
  const env = requireEnv(ImportEnv, 'user')
  const database = connect(env.DATABASE_URL)
  process.exitCode = await runImport(database, call, env.DEFAULT_TENANT_ID)
  await database.close()
}

function refuse(): never {
  process.stderr.write(USAGE)
  process.exit(1)
}

const COMMANDS = new Map<string | undefined, (words: string[]) => Promise<void>>([
  [undefined, start],
  ['rotate-keys', rotate],
  ['import', importFile],
])

const [command, ...words] = process.argv.slice(2)
try {
  const run = COMMANDS.get(command)
  if (run === undefined || (command !== 'import' && words.length > 0)) refuse()
  await run(words)
} catch (error) {
  const { statusCode, message } = error as Error & { statusCode?: number }
  if (!(error instanceof EnvError) && statusCode !== 503) throw error
  process.stderr.write(`${message}\n`)
  process.exit(1)
}
