import { readFileSync } from 'node:fs'
import { buildApp as buildConsole } from '@munjigi/console/app'
import { buildGateway } from '@munjigi/gateway/app'
import { createMetricsServer } from '@munjigi/gateway/telemetry/metrics-server'
import { readIssuersFile } from '@munjigi/identity/issuers-file'
import type { LogLevel } from '@munjigi/server/logger'
import type { Store } from '@munjigi/store/store'
import type { FastifyInstance } from 'fastify'
import type { Certificate } from './development-certificate.ts'
import { addressesOf, type Ports } from './env.ts'
import { type FrontDoor, frontDoor } from './front-door.ts'
import type { Addresses } from './guide.ts'
import type { Secrets } from './secrets.ts'
import { buildServicesHost, type Databases } from './services-host.ts'

const LOOPBACK = '127.0.0.1'

/** What a house is built from; the same whether it stands on PGlite and the development IdP or on the real ones. */
export interface HouseParts {
  databases: Databases
  store: Store
  idp: { issuer: string; clientId: string; clientSecret: string }
  ports: Ports
  /** Read with `<SERVICE>_URL` for the host of all of them; followed while the house stands. */
  servicesFile: string
  certificate: Certificate
  secrets: Secrets
  logLevel: LogLevel
}

export interface House extends AsyncDisposable {
  addresses: Addresses
  door: FrontDoor
}

/** Services in one host, the gateway before them, the console beside it, all on loopback. */
export async function openHouse(parts: HouseParts): Promise<House> {
  const { ports, idp, servicesFile, certificate, secrets, store, logLevel } = parts
  const addresses = { ...addressesOf(ports), idp: idp.issuer }
  const url = `http://${LOOPBACK}:${ports.SERVICES_PORT}`
  const environment = {
    USER_URL: url,
    MEAL_URL: url,
    TRACE_URL: url,
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

  const services = buildServicesHost({ ...parts, url, issuers, userVariables: userVariables(parts, addresses) })
  await serve(services, ports.SERVICES_PORT)
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
  return { addresses, door, [Symbol.asyncDispose]: () => closing.disposeAsync() }
}

const userVariables = ({ idp, secrets }: HouseParts, { gateway, console: frontend }: Addresses) => ({
  USER_SEALING_KEY: secrets.sealingKey,
  INTERNAL_KEYS: `gateway:${secrets.internalKey}`,
  PLATFORM_ISSUER: gateway,
  FRONTEND_BASE_URL: frontend,
  SP_REDIRECT_URL: `${gateway}/api/auth/callback/`,
  IDP_ISSUER: idp.issuer,
  IDP_CLIENT_ID: idp.clientId,
  IDP_CLIENT_SECRET: idp.clientSecret,
  INITIAL_ADMIN_IDS: 'admin.park',
})
