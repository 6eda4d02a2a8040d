import { readFileSync } from 'node:fs'
import { buildApp as buildConsole } from '@munjigi/console/app'
import { type DevTarget, startDevTarget } from '@munjigi/dev-target/dev-target'
import { buildGateway } from '@munjigi/gateway/app'
import { createMetricsServer } from '@munjigi/gateway/telemetry/metrics-server'
import { readIssuersFile } from '@munjigi/identity/issuers-file'
import type { LogLevel } from '@munjigi/server/logger'
import type { Store } from '@munjigi/store/store'
import type { FastifyInstance } from 'fastify'
import type { Certificate } from './development-certificate.ts'
import { addressesOf, type Ports, servicesUrl } from './env.ts'
import { type FrontDoor, frontDoor } from './front-door.ts'
import type { Addresses } from './guide.ts'
import { type Messenger, messenger } from './messenger.ts'
import { writeRelayClients } from './relay-clients.ts'
import { houseSecrets } from './secrets.ts'
import { buildServicesHost, type Databases } from './services-host.ts'
import { BOT_ID, type HouseIdp, servicesVariables } from './services-variables.ts'

const LOOPBACK = '127.0.0.1'

/** What a house is built from; the same whether it stands on PGlite and the development IdP or on the real ones. */
export interface HouseParts {
  databases: Databases
  store: Store
  idp: HouseIdp
  ports: Ports
  /** Read with `<SERVICE>_URL` for the host of all of them; followed while the house stands. */
  servicesFile: string
  certificate: Certificate
  /** Where the house keeps its secrets and what its services read. */
  folder: string
  /** What session-station may call besides the house's own outside service, as EGRESS_ALLOW. */
  egressAllow?: string
  /** The chatbot's clock in milliseconds; `Date.now` by default. */
  now?: () => number
  /** Whether a visitor finds all there is to find; until then the house does not call itself ready. */
  isSeeded?: () => boolean
  logLevel: LogLevel
}

export interface House extends AsyncDisposable {
  addresses: Addresses
  door: FrontDoor
  messenger: Messenger
  /** Where people are logged in by session-station. */
  outside: DevTarget
}

/** Services in one host, the gateway before them, the console beside it, all on loopback. */
export async function openHouse(parts: HouseParts): Promise<House> {
  const { ports, idp, servicesFile, certificate, folder, store, isSeeded, logLevel } = parts
  const secrets = houseSecrets(folder)
  const addresses = { ...addressesOf(ports), idp: idp.issuer }
  const url = servicesUrl(ports)
  const environment = {
    USER_URL: url,
    MEAL_URL: url,
    CASE_URL: url,
    TRACE_URL: url,
    AUTH_RELAY_URL: url,
    CHATBOT_URL: url,
    SESSION_STATION_URL: url,
    FRONTEND_BASE_URL: addresses.console,
    IDP_ISSUER: idp.issuer,
    GATEWAY_PORT: String(ports.GATEWAY_PORT),
  }
  const issuers = readIssuersFile(servicesFile, environment)
  await using opened = new AsyncDisposableStack()
  const serve = async (app: FastifyInstance, port: number) => {
    opened.defer(() => app.close())
    await app.listen({ port, host: LOOPBACK })
  }

  const outside = opened.adopt(await startDevTarget({ port: ports.OUTSIDE_PORT }), (it) => it.close())
  const variables = servicesVariables({ ...parts, addresses, url, secrets })
  const { id: clientId } = idp.clients['kakao-bot']
  const clientsFile = writeRelayClients(folder, { issuer: idp.issuer, clientId, issueSecret: secrets.issueKey, url })
  const services = buildServicesHost({ ...parts, url, issuers, variables, clientsFile, caseKey: secrets.caseKey })
  await serve(services.app, ports.SERVICES_PORT)
  await services.trustIssuers()
  const gateway = await buildGateway({
    servicesFile,
    environment,
    platform: { issuer: addresses.gateway, audience: 'munjigi' },
    internalKey: secrets.internalKey,
    store,
    tls: certificate,
    logLevel,
    mode: 'embedded',
  })
  gateway.app.addReadyCheck('seeds', async () => {
    if (isSeeded?.() === false) throw new Error('they are still being made')
  })
  const metrics = createMetricsServer(gateway)
  opened.defer(() => void metrics.close())
  metrics.listen(ports.METRICS_PORT, LOOPBACK)
  await serve(gateway.app, ports.GATEWAY_PORT)
  const web = buildConsole({
    gatewayUrl: addresses.gateway,
    gatewayCa: readFileSync(certificate.certFile, 'utf8'),
    platformIssuer: addresses.gateway,
    mode: 'embedded',
    logLevel,
  })
  await serve(web, ports.CONSOLE_PORT)
  const door = frontDoor({ gatewayUrl: addresses.gateway, consoleUrl: addresses.console, ...certificate })
  opened.defer(() => door.close())
  const closing = opened.move()
  return {
    addresses,
    door,
    outside,
    messenger: messenger(door, { secret: secrets.skillKey, botId: BOT_ID }),
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  }
}
