import assert from 'node:assert/strict'
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Case, CasePage } from '@munjigi/contracts/cases'
import type { Menu, Restaurant } from '@munjigi/contracts/meal'
import type { Me, PeoplePage } from '@munjigi/contracts/people'
import type { TenantPage } from '@munjigi/contracts/tenants'
import type { TokenAnswer } from '@munjigi/contracts/tokens'
import { idpBrowser } from '@munjigi/dev-idp/idp-browser'
import { CREDENTIALS } from '@munjigi/dev-target/credentials'
import { SYSTEM_ROLES } from '@munjigi/identity/roles'
import { Agent, type Dispatcher, request } from 'undici'
import { addressesOf, PORT_NAMES, type Ports } from './env.ts'
import { type FrontDoor, frontDoor, type Session } from './front-door.ts'
import { openLoginLink } from './login-link.ts'
import { messenger } from './messenger.ts'
import { findFree } from './ports.ts'
import { DEVELOPMENT_PASSWORD } from './realm.ts'
import { houseSecrets } from './secrets.ts'
import { BOT_ID } from './services-variables.ts'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
const MAIN = fileURLToPath(new URL('main.ts', import.meta.url))
// Three seconds are promised, and kept by force; a busy machine is given time to hear of it.
const STOP_LIMIT_MS = 20_000
// PGlite holds the thread while it makes its files: there the launcher ends the process, which is not in play here.
const STOP_IN_INITDB_LIMIT_MS = 60_000
const LOOK_MS = 20
const NEW_PASSWORD = 'a visitor’s own'

interface Run {
  process: ChildProcess
  exited: Promise<number | null>
  output(): string
  errors(): string
}

const { PATH, HOME } = process.env
const folder = mkdtempSync(join(tmpdir(), 'munjigi-data-'))
const running = new Set<ChildProcess>()
let ports: Ports
let door: FrontDoor
let house: Run
let found: { people: number; cases: Case[] }

before(async () => {
  ports = await findFree(PORT_NAMES)
})
after(async () => {
  await door?.close()
  for (const child of running) child.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
})

/** `npm start` after its installing, with nothing in its environment but what is given. */
function run(args: string[] = [], env: Record<string, string> = {}): Run {
  const moved = Object.fromEntries(PORT_NAMES.map((name) => [`MUNJIGI_${name}`, String(ports[name])]))
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH, HOME, ...moved, MUNJIGI_DATA_FOLDER: folder, ...env },
  })
  running.add(child)
  let [output, errors] = ['', '']
  child.stdout.on('data', (chunk) => {
    output += chunk
  })
  child.stderr.on('data', (chunk) => {
    errors += chunk
  })
  const exited = once(child, 'close').then(([code]) => {
    running.delete(child)
    return code as number | null
  })
  return { process: child, exited, output: () => output, errors: () => errors }
}

/** Resolves when it has printed what to try. */
async function start(args?: string[]): Promise<Run> {
  const started = run(args)
  const isUp = Promise.withResolvers<void>()
  started.process.stdout?.on('data', () => started.output().includes('Ctrl-C stops') && isUp.resolve())
  const code = await Promise.race([isUp.promise, started.exited])
  assert.equal(code, undefined, `it ended with ${code}: ${started.errors()}`)
  const { gateway, console: consoleUrl } = addressesOf(ports)
  await door?.close()
  door = frontDoor({ gatewayUrl: gateway, consoleUrl, certFile: join(folder, 'localhost.crt') })
  return started
}

/** What signing in by password answers as soon as the house that is being started calls itself ready. */
async function statusOnceReady(): Promise<number | undefined> {
  const { gateway } = addressesOf(ports)
  const dispatcher = new Agent({ connect: { rejectUnauthorized: false } })
  const status = async (path: string, options: Partial<Dispatcher.RequestOptions> = {}) => {
    const answer = await request(`${gateway}${path}`, { ...options, dispatcher })
    await answer.body.dump()
    return answer.statusCode
  }
  try {
    for (; running.size > 0; await pause(LOOK_MS)) {
      if ((await status('/readyz').catch(() => undefined)) !== 200) continue
      const body = JSON.stringify({ email: 'manager@other.test', password: DEVELOPMENT_PASSWORD })
      return await status('/api/auth/v1/login', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
      })
    }
    return undefined
  } finally {
    await dispatcher.close()
  }
}

async function interrupt(run: Run, limitMs = STOP_LIMIT_MS): Promise<void> {
  const limit = AbortSignal.timeout(limitMs)
  const late = once(limit, 'abort').then(() => 'still running')
  run.process.kill('SIGINT')
  assert.equal(await Promise.race([run.exited, late]), 0, run.errors())
}

/** The commands of the guide, each as one line that a shell takes. */
const commandsIn = (guide: string): string[] =>
  guide
    .replaceAll(/\\\n\s+/g, '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => /^(curl|npx|MUNJIGI_)/.test(line))

const shell = (command: string) => promisify(execFile)('bash', ['-ec', command], { cwd: ROOT, env: { PATH, HOME } })
const listRestaurants = async () =>
  (await door.call<{ restaurants: Restaurant[] }>('GET', '/api/meal/v1/restaurants')).restaurants
const casesOf = async (token: string) => (await door.call<CasePage>('GET', '/api/case/v1/cases', token)).cases
const peopleOf = (token: string) => door.call<PeoplePage>('GET', '/api/admin/v1/people?limit=200', token)
const me = (token: string) => door.call<Me>('GET', '/api/auth/v1/me', token)

async function newRestaurant(token: string, name: string): Promise<Restaurant> {
  return door.call<Restaurant>('POST', '/api/meal/v1/restaurants', token, { name, location: '어딘가' })
}

async function refresh({ cookie }: Session): Promise<TokenAnswer> {
  const { gateway, console: origin } = addressesOf(ports)
  const { stdout } = await promisify(execFile)('curl', [
    ...['-skf', '-X', 'POST', `${gateway}/api/auth/v1/refresh`],
    ...['-H', `cookie: ${cookie}`, '-H', `origin: ${origin}`],
  ])
  return JSON.parse(stdout) as TokenAnswer
}

test('it is refused where the machine says that it is production', async () => {
  const refused = run([], { MUNJIGI_ENV: 'production' })

  assert.equal(await refused.exited, 1)
  assert.match(refused.errors(), /MUNJIGI_ENV=production/)
})

test('every taken port is named at once, each with the variable that moves it', async () => {
  const [first, second] = [createServer(), createServer()]
  for (const server of [first, second]) await once(server.listen(0, '127.0.0.1'), 'listening')
  const taken = [first, second].map((server) => String((server.address() as AddressInfo).port))
  const [consolePort = '', idpPort = ''] = taken
  const refused = run([], { MUNJIGI_CONSOLE_PORT: consolePort, MUNJIGI_IDP_PORT: idpPort })

  assert.equal(await refused.exited, 1)
  assert.match(refused.errors(), new RegExp(`port ${consolePort} is taken.*MUNJIGI_CONSOLE_PORT`))
  assert.match(refused.errors(), new RegExp(`port ${idpPort} is taken.*MUNJIGI_IDP_PORT`))
  for (const server of [first, second]) server.close()
})

test('it comes up on the ports it was given, and what it prints to try works as it is pasted', async () => {
  const starting = start()
  const signedIn = statusOnceReady()
  house = await starting
  assert.equal(await signedIn, 200, 'whoever waits for readyz finds the people of this house')
  const guide = house.output()
  for (const address of Object.values(addressesOf(ports))) assert.ok(guide.includes(address), `no ${address}`)
  const [whoAmI, menus, newOne, chat, proxied, given, logIn, cases, check, ...more] = commandsIn(guide)
  assert.deepEqual(more, [])

  const [person, today, restaurant, card, read, headers, byPassword, listed, table] = await Promise.all(
    [whoAmI, menus, newOne, chat, proxied, given, logIn, cases, check].map((it) => shell(it ?? '')),
  )
  assert.equal((JSON.parse(person?.stdout ?? '') as Me).user_id, 'user.lee')
  assert.equal((JSON.parse(today?.stdout ?? '') as { menus: Menu[] }).menus.length, 3)
  assert.equal((JSON.parse(restaurant?.stdout ?? '') as Restaurant).name, '새 식당')
  assert.ok(card?.stdout.includes(`${addressesOf(ports).gateway}/api/auth-relay/login/`), card?.stdout)
  const { kind, user } = JSON.parse(read?.stdout ?? '') as Record<string, string>
  assert.deepEqual([kind, user], ['bearer', CREDENTIALS.username])
  const home = await fetch(`${addressesOf(ports).outside}/form/home`, { headers: JSON.parse(headers?.stdout ?? '') })
  assert.match(await home.text(), /Welcome, agent/)
  assert.equal((await me((JSON.parse(byPassword?.stdout ?? '') as TokenAnswer).access_token)).role, 'manager')
  assert.equal((JSON.parse(listed?.stdout ?? '') as CasePage).cases.length, 2)
  assert.match(table?.stdout ?? '', /admin .*admin-page/)
})

test('one person of each role signs in by password in tenant demo and a manager in other, and each sees the cases that are theirs', async () => {
  const emails = [...SYSTEM_ROLES.map((role) => `${role}@munjigi.test`), 'manager@other.test']
  const people: Me[] = []
  const titles: string[][] = []
  for (const email of emails) {
    const token = await door.logIn(email, DEVELOPMENT_PASSWORD)
    people.push(await me(token))
    titles.push((await casesOf(token)).map(({ title }) => title))
  }
  const [first, second, others] = ['2026회합1001 회생', '2026하단2002 파산', '다른 테넌트의 사건']

  assert.deepEqual(
    people.map(({ role }) => role),
    [...SYSTEM_ROLES, 'manager'],
  )
  assert.equal(new Set(people.map(({ tenant_id }) => tenant_id)).size, 2)
  assert.deepEqual(Object.fromEntries(titles.map((seen, at) => [emails[at]?.replace('@munjigi.test', ''), seen])), {
    admin: [second, first],
    manager: [second, first],
    attorney: [first],
    analyst: [first],
    engineer: [],
    staff: [],
    viewer: [first],
    'manager@other.test': [others],
  })
})

test('`munjigi` says what is wrong to somebody who mistypes', async () => {
  const login = commandsIn(house.output()).map((line) => /\$\((.*munjigi login) user\.lee\)/.exec(line)?.[1])[0]

  await Promise.all([
    assert.rejects(shell(`${login} user.lee --password wrong`), { code: 1, stdout: '' }),
    assert.rejects(shell(`${login}`), { code: 2, stdout: '' }),
    assert.rejects(shell(`${login} user.lee --pasword x`), {
      code: 2,
      stdout: '',
      stderr: /^munjigi: Unknown option/m,
    }),
    assert.rejects(shell(`${login?.replace(/login$/, 'chat')} my-chat`), { code: 2, stdout: '' }),
  ])
  const refused = run(['--frsh'])

  assert.equal(await refused.exited, 1)
  assert.match(refused.errors(), /^munjigi: Unknown option '--frsh'$/m)
})

test('no port of it can be reached from another machine', async (t) => {
  const foreign = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ internal, family }) => !internal && family === 'IPv4')
  if (foreign.length === 0) return t.skip('this machine has no address but its own')
  for (const { address } of foreign)
    for (const port of Object.values(ports)) {
      const socket = connect({ host: address, port })
      const [error] = await once(socket, 'error')
      assert.equal((error as NodeJS.ErrnoException).code, 'ECONNREFUSED', `${address}:${port}`)
    }
})

test('a second house is kept out of the first one’s data, and --fresh does not take it away', async () => {
  const others = await findFree(PORT_NAMES)
  const moved = Object.fromEntries(PORT_NAMES.map((name) => [`MUNJIGI_${name}`, String(others[name])]))
  const refused = run(['--fresh'], moved)

  assert.equal(await refused.exited, 1)
  assert.match(refused.errors(), /in use by process/)
  assert.ok((await listRestaurants()).length > 0)
})

test('what a visitor changes of the people and cases they found is theirs to change', async () => {
  const [manager, administrator] = await Promise.all([
    door.logIn('manager@munjigi.test', DEVELOPMENT_PASSWORD),
    door.signIn('admin.park', DEVELOPMENT_PASSWORD),
  ])
  const body = { current_password: DEVELOPMENT_PASSWORD, new_password: NEW_PASSWORD }
  await door.call('PUT', '/api/auth/v1/password', manager, body)
  const [second] = await casesOf(manager)
  await door.call('POST', `/api/case/v1/cases/${second?.case_id}/close`, manager)
  const { people } = await peopleOf(administrator)
  const disabled = people.find(({ user_id }) => user_id === 'global.jung')
  await door.call('POST', `/api/admin/v1/people/${disabled?.sub}/disable`, administrator)

  found = { people: people.length, cases: await casesOf(manager) }
  assert.deepEqual(
    found.cases.map(({ status }) => status),
    ['closed', 'open'],
  )
  const alone = people.find(({ user_id }) => user_id === 'manager@other.test')
  await door.call('PUT', `/api/admin/v1/people/${alone?.sub}/role`, administrator, { role: 'admin' })
  const other = await door.logIn('manager@other.test', DEVELOPMENT_PASSWORD)
  for (const { case_id } of await casesOf(other)) await door.call('DELETE', `/api/case/v1/cases/${case_id}`, other)
})

test('Ctrl-C stops it within 3 s and loses nothing that was answered; sessions and the IdP’s sign-in go on', async () => {
  const session = await door.openSession('meal.choi', DEVELOPMENT_PASSWORD)
  const browser = idpBrowser()
  const authorization = async () => {
    const { gateway, idp } = addressesOf(ports)
    const { stdout } = await promisify(execFile)('curl', [
      '-sk',
      '-o',
      '/dev/null',
      '-w',
      '%{redirect_url}',
      `${gateway}/api/auth/login/`,
    ])
    assert.ok(stdout.startsWith(idp), stdout)
    return stdout
  }
  await browser.signIn('user.lee', DEVELOPMENT_PASSWORD, await authorization())
  const { role } = await me(session.token)
  const writing = Array.from({ length: 20 }, (_, at) => newRestaurant(session.token, `마지막 식당 ${at}`))
  const written = Promise.allSettled(writing)
  await writing[0]
  await interrupt(house)
  const answered = (await written).flatMap((end) => (end.status === 'fulfilled' ? end.value.name : []))
  house = await start()

  const names = (await listRestaurants()).map(({ name }) => name)
  assert.ok(answered.length > 0)
  for (const name of answered) assert.ok(names.includes(name), `${name} is gone`)
  assert.equal((await me(session.token)).role, role)
  assert.equal((await me((await refresh(session)).access_token)).user_id, 'meal.choi')
  // Signed in as before: no password is asked for, so a wrong one does no harm.
  assert.equal((await browser.signIn('user.lee', 'wrong', await authorization())).way, 'form_post')
})

test('the next start seeds nothing twice and takes back nothing that a visitor changed', async () => {
  const manager = await door.logIn('manager@munjigi.test', NEW_PASSWORD)
  const administrator = await door.signIn('admin.park', DEVELOPMENT_PASSWORD)
  const { people } = await peopleOf(administrator)
  const { tenants } = await door.call<TenantPage>('GET', '/api/admin/v1/tenants', administrator)

  assert.deepEqual({ people: people.length, cases: await casesOf(manager) }, found)
  assert.deepEqual(tenants.map(({ name }) => name).toSorted(), ['demo', 'other', '기본 테넌트'])
  assert.equal(people.find(({ user_id }) => user_id === 'global.jung')?.status, 'disabled')
  const other = await door.logIn('manager@other.test', DEVELOPMENT_PASSWORD)
  assert.deepEqual(await casesOf(other), [])
})

test('a house that was killed comes up again with all that was answered, and its chatbot with its people', async () => {
  const token = await door.signIn('meal.choi', DEVELOPMENT_PASSWORD)
  const { id } = await newRestaurant(token, '죽기 직전의 식당')
  const { skillKey: secret } = houseSecrets(folder)
  const said = () => messenger(door, { secret, botId: BOT_ID }).say('my-chat', '오늘 메뉴')
  const opened = await openLoginLink(door, (await said()).link ?? '')
  assert.equal((await (await opened.goOn()).signIn('user.lee', DEVELOPMENT_PASSWORD)).status, 200)
  house.process.kill('SIGKILL')
  await house.exited
  house = await start()

  assert.ok((await listRestaurants()).some((restaurant) => restaurant.id === id))
  assert.match((await said()).text, /김치찌개/)
})

test('a house whose outside service has moved makes its profiles anew for where that is now', async () => {
  await interrupt(house)
  ports = { ...ports, ...(await findFree(['OUTSIDE_PORT'])) }
  house = await start()

  const token = await door.signIn('user.lee', DEVELOPMENT_PASSWORD)
  const path = '/api/session-station/v1/proxy/demo-form/form/data'
  assert.equal((await door.call<{ user: string }>('GET', path, token)).user, CREDENTIALS.username)
})

test('--fresh begins anew, also when Ctrl-C meets it half-way and the next start has to go on', async () => {
  const token = await door.signIn('meal.choi', DEVELOPMENT_PASSWORD)
  const session = await door.openSession('user.lee', DEVELOPMENT_PASSWORD)
  await newRestaurant(token, '사라질 식당')
  await interrupt(house)
  const half = run(['--fresh'])
  for (const isThere of [false, true])
    while (existsSync(join(folder, 'postgres', 'PG_VERSION')) !== isThere) await pause(LOOK_MS)
  await interrupt(half, STOP_IN_INITDB_LIMIT_MS)
  house = await start()

  assert.deepEqual(
    (await listRestaurants()).map(({ name }) => name),
    ['학생식당'],
  )
  await assert.rejects(me(token), /token-invalid/)
  await assert.rejects(refresh(session))
  await interrupt(house)
})

test('what cannot be gone on with is said in a line that tells what to do', async () => {
  const { CONSOLE_PORT: idpPort } = await findFree(['CONSOLE_PORT'])
  const moved = run([], { MUNJIGI_IDP_PORT: String(idpPort) })
  assert.equal(await moved.exited, 1)
  assert.match(moved.errors(), /^munjigi: the people of this house sign in at .*npm start -- --fresh begins anew.*$/m)
  const mistyped = run([], { EGRESS_ALLOW: '10.0.0.300' })
  assert.equal(await mistyped.exited, 1)
  assert.match(mistyped.errors(), /EGRESS_ALLOW.*10\.0\.0\.300/)

  for (const { errors } of [moved, mistyped]) assert.doesNotMatch(errors(), /^\s+at /m)
})

test('the demo walks the whole journey and says each step', async () => {
  const demo = fileURLToPath(new URL('demo.ts', import.meta.url))
  const { stdout } = await promisify(execFile)(process.execPath, [demo], { cwd: ROOT })

  assert.deepEqual(
    stdout
      .trim()
      .split('\n')
      .map((line) => line.split('.')[0]),
    Array.from({ length: 30 }, (_, index) => String(index + 1)),
  )
  assert.match(stdout, /403 approval-pending[\s\S]*without a new sign-in[\s\S]*김치찌개/)
  assert.match(
    stdout,
    /ten signed fields: aud=kakao-bot[\s\S]*gAAAAA[\s\S]*김치찌개; Bearer[\s\S]*is offered a new link: https/,
  )
  assert.match(stdout, /강매니저, role manager[\s\S]*403 permission-required[\s\S]*404 case-not-found/)
  assert.match(stdout, /API key[^\n]*: 3; elsewhere 403 scope-required\n[^\n]*401 unknown-credential/)
  assert.match(stdout, /agent reads oauth .*3 items as munjigi, both ways; Authorization: Bearer .*; 1 login/)
})
