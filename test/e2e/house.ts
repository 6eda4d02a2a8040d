import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Certificate, developmentCertificate } from '@munjigi/embedded/development-certificate'
import { PORT_NAMES, servicesUrl } from '@munjigi/embedded/env'
import { SERVICES_FILE } from '@munjigi/embedded/folders'
import { type House, openHouse } from '@munjigi/embedded/house'
import { findFree } from '@munjigi/embedded/ports'
import { realmVariables } from '@munjigi/embedded/realm'
import { type Databases, PLANS } from '@munjigi/embedded/services-host'
import type { Store } from '@munjigi/store/store'
import { testDatabase } from '@munjigi/testing/database'
import { type Provider, testProvider } from '@munjigi/testing/provider'
import { testStore } from '@munjigi/testing/store'
import { type Caller, caller } from './caller.ts'

export interface TestHouse extends House {
  /** A folder of this house alone, gone with it. */
  folder: string
  certificate: Certificate
  certFile: string
  databases: Databases
  store: Store
  /** Where the services are reached behind the gateway. */
  servicesUrl: string
  provider: Provider
  /** Puts the chatbot's clock forward. */
  advance(ms: number): void
  ask: Caller['ask']
}

interface HouseOptions {
  servicesFile?: string
  /** A realm of this house alone, whose IdP knows where its chatbot is told of endings. */
  ownRealm?: boolean
  /** What session-station may call besides the house's own outside service. */
  egressAllow?: string
}

/**
 * The house that `npm start` opens, on free ports: on PGlite, memory and the development IdP, or on the PostgreSQL,
 * Redis and Keycloak that the environment names.
 */
export async function testHouse({
  servicesFile = SERVICES_FILE,
  ownRealm = false,
  egressAllow = '',
}: HouseOptions = {}): Promise<TestHouse> {
  await using opened = new AsyncDisposableStack()
  const folder = opened.adopt(mkdtempSync(join(tmpdir(), 'munjigi-house-')), (it) => rmSync(it, { recursive: true }))
  const databaseOf = async (name: keyof Databases) => {
    const { database, close } = await testDatabase(PLANS[name])
    opened.defer(close)
    return database
  }
  const databases = {
    user: await databaseOf('user'),
    meal: await databaseOf('meal'),
    case: await databaseOf('case'),
    trace: await databaseOf('trace'),
    chatbot: await databaseOf('chatbot'),
    'session-station': await databaseOf('session-station'),
  }
  const store = opened.adopt(testStore(), (it) => it.close())
  const ports = await findFree(PORT_NAMES)
  const realm = ownRealm ? { realmVariables: realmVariables(ports) } : {}
  const provider = opened.adopt(await testProvider(realm), (it) => it.close())
  let aheadMs = 0
  const certificate = await developmentCertificate(folder)
  const house = opened.use(
    await openHouse({
      databases,
      store,
      idp: provider,
      ports,
      servicesFile,
      certificate,
      folder,
      egressAllow,
      now: () => Date.now() + aheadMs,
      logLevel: 'silent',
    }),
  )
  const { ask } = opened.adopt(caller(house.addresses.gateway, readFileSync(certificate.certFile)), (it) => it.close())
  const closing = opened.move()
  return {
    ...house,
    servicesUrl: servicesUrl(ports),
    folder,
    databases,
    store,
    provider,
    ask,
    certificate,
    certFile: certificate.certFile,
    advance(ms) {
      aheadMs += ms
    },
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  }
}
