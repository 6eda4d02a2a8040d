import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { connect } from '@munjigi/db/connect'
import { lockFolder } from '@munjigi/db/folder-lock'
import { startDevIdp } from '@munjigi/dev-idp/dev-idp'
import { memoryStore } from '@munjigi/store/memory'
import { developmentCertificate } from './development-certificate.ts'
import { movedBy, readHouseEnv } from './env.ts'
import { SERVICES_FILE } from './folders.ts'
import { guide } from './guide.ts'
import { openHouse } from './house.ts'
import { requireSameIdp } from './kept-people.ts'
import { requireFree } from './ports.ts'
import { CLIENTS, DEVELOPMENT_PASSWORD, REALM_FILE, realmVariables } from './realm.ts'
import { seed } from './seed.ts'
import { shareDatabase } from './services-host.ts'

const STOP_WITHIN_MS = 2_500

const stop = Promise.withResolvers<void>()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, stop.resolve)
// Also while the house is still being built, or when something in it will not end.
stop.promise.then(() => setTimeout(() => process.exit(0), STOP_WITHIN_MS).unref())

try {
  await run()
} catch (error) {
  process.stderr.write(`munjigi: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}

async function run(): Promise<void> {
  const { values } = parseArgs({ options: { fresh: { type: 'boolean', default: false } } })
  const houseEnv = readHouseEnv()
  const { ports, dataFolder, egressAllow } = houseEnv
  await requireFree(ports)
  if (values.fresh) forget(dataFolder)
  const certificate = await developmentCertificate(dataFolder)
  await using opened = new AsyncDisposableStack()
  const database = connect(`pglite://${join(dataFolder, 'postgres')}`)
  opened.defer(() => database.close())
  const store = memoryStore()
  opened.defer(() => store.close())
  const directory = join(dataFolder, 'idp')
  const variables = realmVariables(ports)
  const idp = await startDevIdp({ realmFile: REALM_FILE, port: ports.IDP_PORT, directory, variables })
  opened.defer(() => idp.close())
  const databases = await shareDatabase(database)
  await requireSameIdp(databases.user, idp.issuer)
  let isSeeded = false
  const house = await openHouse({
    databases,
    store,
    idp: { issuer: idp.issuer, clients: CLIENTS },
    ports,
    servicesFile: SERVICES_FILE,
    certificate,
    folder: dataFolder,
    egressAllow,
    isSeeded: () => isSeeded,
    logLevel: 'warn',
  })
  opened.use(house)
  await seed(house.door, house.outside.url, databases.user)
  isSeeded = true
  process.stdout.write(guide(house.addresses, DEVELOPMENT_PASSWORD, movedBy(houseEnv)))
  await stop.promise
}

function forget(dataFolder: string): void {
  // A house on other ports may be living here.
  const unlock = lockFolder(join(dataFolder, 'postgres'))
  for (const name of ['postgres', 'idp', 'secrets.json'])
    rmSync(join(dataFolder, name), { recursive: true, force: true })
  unlock()
}
