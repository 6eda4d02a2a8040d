import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Certificate } from '@munjigi/embedded/development-certificate'
import { SERVICES_FILE } from '@munjigi/embedded/folders'
import type { Secrets } from '@munjigi/embedded/secrets'
import { BOT_ID } from '@munjigi/embedded/services-variables'
import type { Provider } from '@munjigi/testing/provider'
import type { OwnDatabase } from './own-database.ts'

export const SERVICES = ['user', 'secondUser', 'meal', 'case', 'trace', 'relay', 'chatbot', 'station'] as const
export const PORTS = [...SERVICES, 'userHost', 'gateway', 'secondGateway', 'redis', 'metrics', 'secondMetrics'] as const
/** `userHost`, user and session-station in one process, is started by who needs it. */
export type Service = (typeof SERVICES)[number] | 'userHost'
export type Program = Service | 'gateway' | 'secondGateway'

export const serviceUrl = (port: number): string => `http://127.0.0.1:${port}`

interface Given {
  folder: string
  certificate: Certificate
  secrets: Secrets
  provider: Provider
  ports: Record<(typeof PORTS)[number], number>
  console: string
  redisUrl: string
  /** Ports of what stands between them and PostgreSQL, the first gateway and user, everybody and the IdP. */
  proxies: { database: number; toUser: number; idp: number }
  logins: OwnDatabase
}

/** Each program of the house with the environment that production would give it. */
export function separatePrograms(given: Given): Record<Program, { main: string; env: Record<string, string> }> {
  const { certificate, secrets, provider, ports, proxies, logins } = given
  const urlOf = (name: Service) => serviceUrl(ports[name])
  const platform = `https://localhost:${ports.gateway}`
  const idpUrl = serviceUrl(proxies.idp)
  const servicesFile = writeServicesFile(given, idpUrl)
  const { sso, 'kakao-bot': bot } = provider.clients

  const shared = { REDIS_URL: given.redisUrl, LOG_LEVEL: 'info', HOST: '127.0.0.1', IDP_ISSUER: provider.issuer }
  const platformOnly = { ...shared, PLATFORM_ISSUER: platform }
  const identity = { ...platformOnly, USER_URL: urlOf('user'), ISSUERS_FILE: servicesFile }
  const user = {
    ...identity,
    DATABASE_URL: logins.user(proxies.database),
    USER_SEALING_KEY: secrets.sealingKey,
    INTERNAL_KEYS: `gateway:${secrets.internalKey},case:${secrets.caseKey}`,
    FRONTEND_BASE_URL: given.console,
    SP_REDIRECT_URL: `${platform}/api/auth/callback/`,
    IDP_BACKCHANNEL_URL: idpUrl,
    IDP_CLIENT_ID: sso.id,
    IDP_CLIENT_SECRET: sso.secret,
    INITIAL_ADMIN_IDS: 'admin.park',
  }
  const gateway = {
    ...platformOnly,
    INTERNAL_KEY: secrets.internalKey,
    SERVICES_CONFIG_FILE: servicesFile,
    GATEWAY_TLS_CERT_FILE: certificate.certFile,
    GATEWAY_TLS_KEY_FILE: certificate.keyFile,
    FRONTEND_BASE_URL: given.console,
    MEAL_URL: urlOf('meal'),
    CASE_URL: urlOf('case'),
    TRACE_URL: urlOf('trace'),
    AUTH_RELAY_URL: urlOf('relay'),
    CHATBOT_URL: urlOf('chatbot'),
    SESSION_STATION_URL: urlOf('station'),
  }
  const relay = {
    ...shared,
    BASE_URL: `${platform}/api/auth-relay`,
    JWT_SECRET: secrets.linkKey,
    RELAY_TO_CHATBOT_HMAC_SECRET: secrets.relayKey,
    KAKAO_BOT__SECRETS: bot.secret,
    KAKAO_BOT__ISSUE_SECRET: secrets.issueKey,
    CLIENTS_FILE: writeClientsFile(given, idpUrl),
  }
  const chatbot = {
    ...shared,
    BASE_URL: `${urlOf('chatbot')}/api/kakao-bot`,
    RELAY_URL: `${urlOf('relay')}/api/auth-relay`,
    RELAY_TO_CHATBOT_HMAC_SECRET: secrets.relayKey,
    RELAY_ISSUE_SECRET: secrets.issueKey,
    IDP_BACKCHANNEL_URL: idpUrl,
    IDP_CLIENT_ID: bot.id,
    IDP_CLIENT_SECRET: bot.secret,
    TOKEN_ENCRYPTION_KEY: secrets.tokenKey,
    GATEWAY_URL: platform,
    GATEWAY_CA_FILE: certificate.certFile,
    KAKAO_SKILL_SECRET: secrets.skillKey,
    KAKAO_BOT_ID: BOT_ID,
    DATABASE_URL: logins.chatbot(proxies.database),
  }
  const station = {
    ...identity,
    SESSION_STATION_DATABASE_URL: logins['session-station'](proxies.database),
    SESSION_STATION_ENCRYPTION_KEY: secrets.stationKey,
    // Whatever a test plays the outside service with.
    EGRESS_ALLOW: '127.0.0.1',
    LOG_LEVEL: 'debug',
  }
  const mainOf = (name: string) => `services/${name}/src/main.ts`
  return {
    user: { main: mainOf('user'), env: user },
    secondUser: { main: mainOf('user'), env: user },
    meal: { main: mainOf('meal'), env: { ...identity, DATABASE_URL: logins.meal(proxies.database) } },
    case: {
      main: mainOf('case'),
      env: { ...identity, DATABASE_URL: logins.case(proxies.database), INTERNAL_KEY: secrets.caseKey },
    },
    trace: { main: mainOf('trace'), env: { ...identity, DATABASE_URL: logins.trace(proxies.database) } },
    relay: { main: mainOf('auth-relay'), env: relay },
    chatbot: { main: mainOf('chatbot'), env: chatbot },
    station: { main: mainOf('session-station'), env: station },
    userHost: {
      main: 'infra/host/src/main.ts',
      env: { ...user, ...station, USER_URL: urlOf('userHost'), HOST_SERVICES: 'user,session-station' },
    },
    gateway: {
      main: 'gateway/src/main.ts',
      env: { ...gateway, USER_URL: serviceUrl(proxies.toUser), METRICS_PORT: String(ports.metrics) },
    },
    secondGateway: {
      main: 'gateway/src/main.ts',
      env: { ...gateway, USER_URL: urlOf('secondUser'), METRICS_PORT: String(ports.secondMetrics) },
    },
  }
}

export const servicesFileIn = (folder: string): string => join(folder, 'services.yaml')

/** The shipped one, with the IdP's keys read through the proxy. */
function writeServicesFile({ folder, provider }: Given, idpUrl: string): string {
  const path = servicesFileIn(folder)
  const keys = `${idpUrl}${new URL(provider.issuer).pathname}/protocol/openid-connect/certs`
  const shipped = readFileSync(SERVICES_FILE, 'utf8')
  writeFileSync(path, shipped.replace(/(- issuer: .*)/, `$1\n    jwks_uri: ${keys}`))
  return path
}

function writeClientsFile({ folder, provider, ports }: Given, idpUrl: string): string {
  const path = join(folder, 'clients.json')
  const chatbot = `${serviceUrl(ports.chatbot)}/api/kakao-bot`
  const client = {
    server_url: `${idpUrl}/`,
    realm: provider.issuer.split('/').at(-1),
    issuer: provider.issuer,
    client_id: provider.clients['kakao-bot'].id,
    redirect_uri: '{BASE_URL}/oidc/callback',
    scope: 'openid profile email offline_access',
    callback_url_allowlist: [`${chatbot}/users/callback`],
    unlink_url: `${chatbot}/users/unlink`,
  }
  writeFileSync(path, JSON.stringify({ 'kakao-bot': client }))
  return path
}
