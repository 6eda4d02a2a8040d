import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { connect } from '@munjigi/db/connect'
import { startDevIdp } from '@munjigi/dev-idp/dev-idp'
import { memoryStore } from '@munjigi/store/memory'
import { developmentCertificate } from './certificates.ts'
import { readPorts } from './env.ts'
import { DATA_FOLDER, DEVELOPMENT_PASSWORD, REALM_FILE } from './folders.ts'
import { guide } from './guide.ts'
import { openHouse } from './house.ts'
import { requireFree } from './ports.ts'
import { houseSecrets } from './secrets.ts'
import { seed } from './seed.ts'
import { shareDatabase } from './services-host.ts'

const STOP_WITHIN_MS = 2_500

const { values } = parseArgs({ options: { fresh: { type: 'boolean', default: false } } })
const stop = Promise.withResolvers<void>()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, stop.resolve)

try {
  await run()
} catch (error) {
  process.stderr.write(`munjigi: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}

async function run(): Promise<void> {
  const ports = readPorts()
  await requireFree(ports)
  if (values.fresh) rmSync(DATA_FOLDER, { recursive: true, force: true })
  const certificate = await developmentCertificate(DATA_FOLDER)
  await using opened = new AsyncDisposableStack()
  const database = connect(`pglite://${join(DATA_FOLDER, 'postgres')}`)
  opened.defer(() => database.close())
  const store = memoryStore()
  opened.defer(() => store.close())
  const idp = await startDevIdp({ realmFile: REALM_FILE, port: ports.IDP_PORT, directory: join(DATA_FOLDER, 'idp') })
  opened.defer(() => idp.close())
  const house = await openHouse({
    databases: await shareDatabase(database),
    store,
    idp: { issuer: idp.issuer, clientId: 'sso', clientSecret: 'dev-sso-secret' },
    ports,
    certificate,
    secrets: houseSecrets(DATA_FOLDER),
    logLevel: 'warn',
  })
  opened.use(house)
  await seed(house.door)
  process.stdout.write(guide(house.addresses, DEVELOPMENT_PASSWORD))
  await stop.promise
  setTimeout(() => process.exit(0), STOP_WITHIN_MS).unref()
}
