import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { buildApp as buildRelay } from '@munjigi/auth-relay/app'
import { createRelayClients } from '@munjigi/auth-relay/clients/clients'
import { SettingsEnv as RelayEnv } from '@munjigi/auth-relay/env'
import { settingsOf as relaySettingsOf } from '@munjigi/auth-relay/settings'
import { SERVICES_FILE } from '@munjigi/embedded/folders'
import { findFree } from '@munjigi/embedded/ports'
import { houseSecrets } from '@munjigi/embedded/secrets'
import { servicesVariables } from '@munjigi/embedded/services-variables'
import { readEnv } from '@munjigi/env'
import { verifierFromEnv } from '@munjigi/identity/service-verifier'
import { SEEDED_PASSWORD } from '@munjigi/testing/provider'
import { buildApp } from '@munjigi/trace/app'
import { chatsOf, newAccount, newChat } from './chats.ts'
import { type TestHouse, testHouse } from './house.ts'
import { openSocket } from './live-socket.ts'
import { load } from './load.ts'

const CALLERS = 6
const ENTRY = { level: 'info', message: 'under load' }

const folder = mkdtempSync(join(tmpdir(), 'munjigi-move-'))
const servicesFile = join(folder, 'services.yaml')
const asShipped = readFileSync(SERVICES_FILE, 'utf8')
let house: TestHouse
let token: string
let ownUrl: string

/** What operations do: one line of services.yaml says where trace is, one where the relay is. */
const hosts = { TRACE_URL: '', AUTH_RELAY_URL: '' }
function place(moved: Partial<typeof hosts>): void {
  Object.assign(hosts, moved)
  const lines = Object.entries(hosts).filter(([, host]) => host !== '')
  const text = lines.reduce(
    (file, [name, host]) => file.replace(new RegExp(`host: \\$\\{${name}.*\\}`), `host: ${host}`),
    asShipped,
  )
  writeFileSync(servicesFile, text)
}
const placeTrace = (host: string) => place({ TRACE_URL: host })

before(async () => {
  const { SERVICES_PORT } = await findFree(['SERVICES_PORT'])
  ownUrl = `http://127.0.0.1:${SERVICES_PORT}`
  placeTrace(ownUrl)
  house = await testHouse({ servicesFile })
  token = await house.door.signIn('admin.park', SEEDED_PASSWORD)
})
after(async () => {
  await house?.[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true })
})

/** trace alone in a host of its own, which counts the requests that reach it. */
async function openOwnHost() {
  const verifier = verifierFromEnv({
    PLATFORM_ISSUER: house.addresses.gateway,
    PLATFORM_AUDIENCE: 'munjigi',
    USER_URL: house.servicesUrl,
  })
  const app = buildApp({ database: house.databases.trace, store: house.store, verifier }, { logLevel: 'silent' })
  app.addHook('onClose', async () => verifier.close())
  const seen: string[] = []
  app.addHook('onRequest', async ({ url }) => void seen.push(url))
  await app.listen({ port: Number(new URL(ownUrl).port), host: '127.0.0.1' })
  return {
    requests: () => seen.length,
    requestsFor: (path: string) => seen.filter((url) => url === path).length,
    close: () => app.close(),
  }
}

/** Callers who read and write without a pause. */
function traffic() {
  const stepsOf = () => {
    const path = `/api/trace/v1/traces/${randomUUID()}`
    return [
      () => house.ask('POST', `${path}/entries`, { token, body: ENTRY }),
      () => house.ask('GET', `${path}/entries?limit=1`, { token }),
    ]
  }
  return load({ callers: CALLERS, stepsOf, pace: () => house.ask('GET', '/healthz') })
}

/** An append of that many entries whose end is sent when the caller says so. */
async function openRequest(path: string, entries: number) {
  const message = 'begun before the move '.repeat(100)
  const body = JSON.stringify(Array.from({ length: entries }, () => ({ ...ENTRY, message })))
  const open = request(new URL(path, house.addresses.gateway), {
    method: 'POST',
    ca: readFileSync(house.certFile),
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
    },
  })
  const answered = once(open, 'response') as Promise<[IncomingMessage]>
  open.write(body.slice(0, -10))
  return async () => {
    open.end(body.slice(-10))
    const [answer] = await answered
    answer.resume()
    return answer.statusCode
  }
}

test('a service moves into another process and back by services.yaml alone: nothing fails, what is open finishes', async (t) => {
  const first = await openOwnHost()
  const trace = randomUUID()
  const path = `/api/trace/v1/traces/${trace}/entries`
  assert.equal((await house.ask('POST', path, { token, body: ENTRY })).status, 201)
  const socket = await openSocket(house, `/ws/trace/${trace}?after=1&token=${token}`)
  const running = traffic()
  t.after(running.end)
  await running.untilDone(() => first.requests() > 20)
  // What is short the gateway reads whole before it sends it on; what is long has reached the service half-way.
  const finishShort = await openRequest(path, 1)
  const finishLong = await openRequest(path, 60)
  await running.untilDone(() => first.requestsFor(path) === 2)

  placeTrace(house.servicesUrl)
  await running.untilQuiet(first.requests)
  assert.equal(await finishLong(), 201)
  assert.equal(await finishShort(), 201)
  assert.match(((await socket.next()) as { entry: { message: string } }).entry.message, /begun before/)
  const afterMove = first.requests()
  const doneAtMove = running.done()
  await running.untilDone(() => running.done() > doneAtMove + 100)
  assert.equal(first.requests(), afterMove, 'the old host was still asked')
  await first.close()
  assert.equal(await socket.closed, 1001)

  const second = await openOwnHost()
  placeTrace(ownUrl)
  await running.untilDone(() => second.requests() > 50)
  assert.deepEqual(await running.end(), [])
  await second.close()
})

/** The relay alone in a host of its own, from the variables and the clients.json of the house. */
async function openOwnRelay() {
  const { addresses, certificate, provider, servicesUrl: url, folder } = house
  const variables = servicesVariables({ idp: provider, certificate, addresses, url, secrets: houseSecrets(folder) })
  const development = { development: true }
  const settings = relaySettingsOf(readEnv(RelayEnv, 'auth-relay', { source: variables, ...development }), development)
  const log = { info() {}, warn() {}, error: assert.fail }
  const clients = createRelayClients({ path: join(folder, 'clients.json'), settings, environment: variables, log })
  const app = buildRelay({ store: house.store, settings, clients }, { logLevel: 'silent' })
  app.addHook('onClose', async () => clients.close())
  const seen: string[] = []
  app.addHook('onRequest', async ({ url }) => void seen.push(url.split('?')[0] as string))
  const address = await app.listen({ port: 0, host: '127.0.0.1' })
  return { address, seen, close: () => app.close() }
}

test('the relay moves while a person is at the IdP, and takes up their login in its new host', async (t) => {
  const [chats, chat] = [chatsOf(house), newChat()]
  const { username, password } = await newAccount(house.provider)
  const atIdp = await (await chats.open(await chats.linkFor(chat))).goOn()
  const relay = await openOwnRelay()
  t.after(relay.close)
  place({ AUTH_RELAY_URL: relay.address })
  while (relay.seen.length === 0) await house.ask('GET', '/api/auth-relay/health')

  assert.equal((await atIdp.signIn(username, password)).status, 200)
  assert.equal(relay.seen.at(-1), '/api/auth-relay/oidc/callback')
  assert.equal((await chats.say(chat, '오늘 메뉴')).link, undefined)
})
