import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { developmentCertificate } from '@munjigi/embedded/development-certificate'
import { type FrontDoor, frontDoor } from '@munjigi/embedded/front-door'
import { type Messenger, messenger } from '@munjigi/embedded/messenger'
import { findFree } from '@munjigi/embedded/ports'
import { houseSecrets, type Secrets } from '@munjigi/embedded/secrets'
import { BOT_ID } from '@munjigi/embedded/services-variables'
import { wholeEnvironment } from '@munjigi/env'
import { endProcess, type OwnProcess } from '@munjigi/testing/own-process'
import { type Provider, testProvider } from '@munjigi/testing/provider'
import { type Caller, caller } from './caller.ts'
import { createDatabase } from './own-database.ts'
import { startProgram, untilReady } from './own-process.ts'
import { type OwnRedis, startRedis } from './own-redis.ts'
import {
  PORTS,
  type Program,
  SERVICES,
  type Service,
  separatePrograms,
  servicesFileIn,
  serviceUrl,
} from './separate-programs.ts'
import { type TcpProxy, tcpProxy } from './tcp-proxy.ts'

const CONSOLE = 'http://localhost:9060'

/** One gateway as a caller outside meets it. */
export interface Entrance extends Caller {
  addresses: { gateway: string }
  certFile: string
  door: FrontDoor
}

/** The house as production runs it: a process for each part, two gateways and two user services on one Redis. */
export interface SeparateHouse extends AsyncDisposable {
  gateway: Entrance
  /** Asks the second user service; everything else is shared with the first. */
  secondGateway: Entrance
  provider: Provider
  redis: OwnRedis
  /** At the first gateway. */
  messenger: Messenger
  secrets: Secrets
  /** As both gateways read it; they follow it. */
  servicesFile: string
  /** A superuser's, of the database of this house alone. */
  databaseUrl: string
  urlOf(name: Service): string
  /** Between the services and PostgreSQL, and between the first gateway and its user service. */
  database: TcpProxy
  toUser: TcpProxy
  /** Between user, relay and chatbot and the IdP. */
  idp: TcpProxy
  process(name: Program): OwnProcess
  /** Its own `/readyz`, past the gateway. */
  ready(name: Program): Promise<{ status: number; checks: Record<string, string> }>
  /** Of the first gateway. */
  figures(): Promise<string>
  /** Kills it first, if it still runs; `changes` are variables that differ this time. */
  restart(name: Program, changes?: Record<string, string>): Promise<void>
  /** A program begun with other variables or arguments, beside the one that serves. */
  begin(name: Program, changes: Record<string, string>, args?: string[]): OwnProcess
}

const { MUNJIGI_TEST_DATABASE_URL: superuserUrl = '', MUNJIGI_TEST_REDIS_URL } = wholeEnvironment()

/** Why a suite that needs such a house is left out. */
export const withoutServers: string | false =
  (superuserUrl === '' || MUNJIGI_TEST_REDIS_URL === undefined) && 'it needs PostgreSQL and Redis: infra/ci/services.sh'

/** On the PostgreSQL of `MUNJIGI_TEST_DATABASE_URL` (a superuser's); Redis is started here, so that it may be killed. */
export async function separateHouse(): Promise<SeparateHouse> {
  await using opened = new AsyncDisposableStack()
  const folder = opened.adopt(mkdtempSync(join(tmpdir(), 'munjigi-separate-')), (it) => rmSync(it, { recursive: true }))
  const provider = opened.adopt(await testProvider(), (it) => it.close())
  const ports = await findFree(PORTS)
  const urlOf = (name: Service) => serviceUrl(ports[name])
  const proxyTo = async (url: string) => {
    const { hostname, port } = new URL(url)
    return opened.adopt(await tcpProxy(hostname, Number(port)), (it) => it.close())
  }
  const [database, toUser, idp] = [
    await proxyTo(superuserUrl),
    await proxyTo(urlOf('user')),
    await proxyTo(provider.issuer),
  ]
  const { logins, url: databaseUrl } = await createDatabase(superuserUrl, opened)
  const redis = opened.adopt(await startRedis(ports.redis, folder), (it) => it.end())

  const certificate = await developmentCertificate(folder)
  const secrets = houseSecrets(folder)
  const programs = separatePrograms({
    folder,
    certificate,
    secrets,
    provider,
    ports,
    console: CONSOLE,
    redisUrl: redis.url,
    proxies: { database: database.port, toUser: toUser.port, idp: idp.port },
    logins,
  })

  const processes = new Map<Program, OwnProcess>()
  opened.defer(async () => void (await Promise.all([...processes.values()].map(endProcess))))
  const entrance = (name: 'gateway' | 'secondGateway'): Entrance => {
    const url = `https://localhost:${ports[name]}`
    const { certFile } = certificate
    const door = opened.adopt(frontDoor({ gatewayUrl: url, consoleUrl: CONSOLE, certFile }), (it) => it.close())
    return {
      ...opened.adopt(caller(url, readFileSync(certFile)), (it) => it.close()),
      door,
      certFile,
      addresses: { gateway: url },
    }
  }
  const entrances = { gateway: entrance('gateway'), secondGateway: entrance('secondGateway') }
  const plain = opened.adopt(caller('http://127.0.0.1'), (it) => it.close())
  const ready = async (name: Program) => {
    const [asked, url] =
      name === 'gateway' || name === 'secondGateway' ? [entrances[name], '/readyz'] : [plain, `${urlOf(name)}/readyz`]
    const { status, body } = await asked.ask<{ checks: Record<string, string> }>('GET', url)
    return { status, checks: body.checks }
  }
  const figures = async () => (await plain.ask<string>('GET', `${serviceUrl(ports.metrics)}/metrics`)).body
  const begin = (name: Program, changes: Record<string, string>, args: string[] = []) => {
    const { main, env } = programs[name]
    return startProgram(main, { ...env, PORT: String(ports[name]), ...changes }, args)
  }
  const restart = async (name: Program, changes: Record<string, string> = {}) => {
    const running = processes.get(name)
    if (running !== undefined) await endProcess(running)
    const started = begin(name, changes)
    processes.set(name, started)
    await untilReady(started, async () => (await ready(name)).status === 200)
  }
  await Promise.all(SERVICES.map((name) => restart(name)))
  await Promise.all([restart('gateway'), restart('secondGateway')])

  const { door } = entrances.gateway
  const closing = opened.move()
  return {
    messenger: messenger(door, { secret: secrets.skillKey, botId: BOT_ID }),
    ...entrances,
    secrets,
    servicesFile: servicesFileIn(folder),
    databaseUrl,
    urlOf,
    provider,
    redis,
    database,
    toUser,
    idp,
    ready,
    figures,
    restart,
    begin,
    process: (name) => processes.get(name) as OwnProcess,
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  }
}
