import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { developmentCertificate } from '@munjigi/embedded/development-certificate'
import { SERVICES_FILE } from '@munjigi/embedded/folders'
import { type FrontDoor, frontDoor } from '@munjigi/embedded/front-door'
import { findFree } from '@munjigi/embedded/ports'
import { houseSecrets } from '@munjigi/embedded/secrets'
import { PLANS } from '@munjigi/embedded/services-host'
import { type Provider, testProvider } from '@munjigi/testing/provider'
import pg from 'pg'
import { type Caller, caller } from './caller.ts'
import { endProcess, type OwnProcess, startProcess, untilReady } from './own-process.ts'
import { type TcpProxy, tcpProxy } from './tcp-proxy.ts'

const CONSOLE = 'http://localhost:9060'
const SERVICES = ['user', 'secondUser', 'meal', 'trace'] as const
type Service = (typeof SERVICES)[number]
type Program = Service | 'gateway' | 'secondGateway'

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
  redis: { url: string; signal(signal: NodeJS.Signals): void; restart(): Promise<void>; flush(): Promise<void> }
  /** Between the services and PostgreSQL, and between the first gateway and its user service. */
  database: TcpProxy
  toUser: TcpProxy
  /** Between user and the IdP. */
  idp: TcpProxy
  process(name: Program): OwnProcess
  /** Its own `/readyz`, past the gateway. */
  ready(name: Program): Promise<{ status: number; checks: Record<string, string> }>
  /** Kills it first, if it still runs. */
  restart(name: Program): Promise<void>
}

/** Needs `MUNJIGI_TEST_DATABASE_URL` (a superuser's); Redis is started here, so that it may be killed. */
export async function separateHouse(superuserUrl: string): Promise<SeparateHouse> {
  await using opened = new AsyncDisposableStack()
  const folder = opened.adopt(mkdtempSync(join(tmpdir(), 'munjigi-separate-')), (it) => rmSync(it, { recursive: true }))
  const provider = opened.adopt(await testProvider(), (it) => it.close())
  const ports = await findFree([...SERVICES, 'gateway', 'secondGateway', 'redis', 'metrics', 'secondMetrics'])
  const urlOf = (name: Service) => `http://127.0.0.1:${ports[name]}`
  const proxyTo = async (url: string) => {
    const { hostname, port } = new URL(url)
    return opened.adopt(await tcpProxy(hostname, Number(port)), (it) => it.close())
  }
  const [database, toUser, idp] = [
    await proxyTo(superuserUrl),
    await proxyTo(urlOf('user')),
    await proxyTo(provider.issuer),
  ]
  const logins = await createDatabase(superuserUrl, opened)
  const redis = opened.adopt(await startRedis(ports.redis, folder), (it) => it.end())

  const certificate = await developmentCertificate(folder)
  const { sealingKey, internalKey } = houseSecrets(folder)
  const platform = `https://localhost:${ports.gateway}`
  const servicesFile = join(folder, 'services.yaml')
  const keysOfIdp = `http://127.0.0.1:${idp.port}${new URL(provider.issuer).pathname}/protocol/openid-connect/certs`
  const shipped = readFileSync(SERVICES_FILE, 'utf8')
  writeFileSync(servicesFile, shipped.replace(/(- issuer: .*)/, `$1\n    jwks_uri: ${keysOfIdp}`))

  const shared = { PLATFORM_ISSUER: platform, REDIS_URL: redis.url, LOG_LEVEL: 'error', IDP_ISSUER: provider.issuer }
  const identity = { ...shared, USER_URL: urlOf('user'), ISSUERS_FILE: servicesFile, HOST: '127.0.0.1' }
  const throughProxy = (login: { name: string; password: string }) => {
    const url = new URL(superuserUrl)
    const { name: username, password } = login
    return Object.assign(url, {
      host: `127.0.0.1:${database.port}`,
      pathname: `/${logins.database}`,
      username,
      password,
    }).href
  }
  const user = {
    ...identity,
    DATABASE_URL: throughProxy(logins.user),
    USER_SEALING_KEY: sealingKey,
    INTERNAL_KEYS: `gateway:${internalKey}`,
    FRONTEND_BASE_URL: CONSOLE,
    SP_REDIRECT_URL: `${platform}/api/auth/callback/`,
    IDP_BACKCHANNEL_URL: `http://127.0.0.1:${idp.port}`,
    IDP_CLIENT_ID: provider.clients.sso.id,
    IDP_CLIENT_SECRET: provider.clients.sso.secret,
    INITIAL_ADMIN_IDS: 'admin.park',
  }
  const gateway = {
    ...shared,
    HOST: '127.0.0.1',
    INTERNAL_KEY: internalKey,
    SERVICES_CONFIG_FILE: servicesFile,
    GATEWAY_TLS_CERT_FILE: certificate.certFile,
    GATEWAY_TLS_KEY_FILE: certificate.keyFile,
    FRONTEND_BASE_URL: CONSOLE,
    MEAL_URL: urlOf('meal'),
    TRACE_URL: urlOf('trace'),
  }
  const programs: Record<Program, { main: string; env: Record<string, string> }> = {
    user: { main: 'services/user/src/main.ts', env: user },
    secondUser: { main: 'services/user/src/main.ts', env: user },
    meal: { main: 'services/meal/src/main.ts', env: { ...identity, DATABASE_URL: throughProxy(logins.meal) } },
    trace: { main: 'services/trace/src/main.ts', env: { ...identity, DATABASE_URL: throughProxy(logins.trace) } },
    gateway: {
      main: 'gateway/src/main.ts',
      env: { ...gateway, USER_URL: `http://127.0.0.1:${toUser.port}`, METRICS_PORT: String(ports.metrics) },
    },
    secondGateway: {
      main: 'gateway/src/main.ts',
      env: { ...gateway, USER_URL: urlOf('secondUser'), METRICS_PORT: String(ports.secondMetrics) },
    },
  }

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
  const restart = async (name: Program) => {
    const running = processes.get(name)
    if (running !== undefined) await endProcess(running)
    const { main, env } = programs[name]
    const started = startProcess(main, { ...env, PORT: String(ports[name]) })
    processes.set(name, started)
    await untilReady(started, async () => (await ready(name)).status === 200)
  }
  await Promise.all(SERVICES.map(restart))
  await Promise.all([restart('gateway'), restart('secondGateway')])

  const closing = opened.move()
  return {
    ...{ ...entrances, provider, redis, database, toUser, idp, ready, restart },
    process: (name) => processes.get(name) as OwnProcess,
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  }
}

/** A database of this house alone, migrated by each service's own job, with a login for each that owns nothing. */
async function createDatabase(superuserUrl: string, opened: AsyncDisposableStack) {
  const database = `e2e_${randomUUID().replaceAll('-', '')}`
  const superuser = new pg.Client({ connectionString: superuserUrl })
  await superuser.connect()
  await superuser.query(`create database ${database}`)
  const names: string[] = []
  opened.defer(async () => {
    await superuser.query(`drop database ${database} with (force)`)
    for (const name of names) await superuser.query(`drop role ${name}`)
    await superuser.end()
  })
  const own = Object.assign(new URL(superuserUrl), { pathname: `/${database}` }).href
  const createLogin = async (service: keyof typeof PLANS) => {
    const job = startProcess(`services/${service}/src/migrate.ts`, { MIGRATION_DATABASE_URL: own })
    if ((await job.exited) !== 0) throw new Error(job.errors())
    const [name, password] = [`${database}_${service}`, randomBytes(16).toString('hex')]
    await superuser.query(
      `create role ${name} login noinherit password '${password}' in role ${PLANS[service].servingRole}`,
    )
    names.push(name)
    return { name, password }
  }
  return {
    database,
    user: await createLogin('user'),
    meal: await createLogin('meal'),
    trace: await createLogin('trace'),
  }
}

async function startRedis(port: number, folder: string) {
  let child: ChildProcess
  const command = async (...words: string[]) => {
    const cli = spawn('redis-cli', ['-p', String(port), ...words], { stdio: 'ignore' })
    return new Promise<number | null>((resolve) => cli.once('close', resolve))
  }
  const restart = async () => {
    const options = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', folder]
    child = spawn('redis-server', options, { stdio: 'ignore' })
    while ((await command('ping')) !== 0);
  }
  await restart()
  return {
    url: `redis://127.0.0.1:${port}`,
    signal: (signal: NodeJS.Signals) => void child.kill(signal),
    restart,
    flush: async () => void (await command('flushall')),
    end: async () => void child.kill('SIGKILL'),
  }
}
