import assert from 'node:assert/strict'
import { EventEmitter, once } from 'node:events'
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { testUpstream } from '@munjigi/testing/upstream'
import { tokenRevocation } from 'openid-client'
import { testSettings } from '../settings.fixture.ts'
import { entryOf } from './clients.fixture.ts'
import { createRelayClients, type RelayClients } from './clients.ts'
import { ClientsFileError } from './clients-file.ts'

const settings = testSettings({ allowUnsignedIssue: true })
const LOADED = 'clients file loaded'
const REFUSED = 'clients file refused, the last good one stays'

const fileOf = (...keys: string[]) => JSON.stringify(Object.fromEntries(keys.map((key) => [key, entryOf()])))

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'munjigi-clients-'))
  t.after(() => rmSync(path, { recursive: true }))
  return path
}

function fileWith(t: TestContext, text: string): string {
  const path = join(folder(t), 'clients.json')
  writeFileSync(path, text)
  return path
}

// Polling stands still unless a test turns it on, so that what is followed was told by the watcher.
function start(t: TestContext, path: string) {
  t.mock.timers.enable({ apis: ['setInterval'] })
  const events = new EventEmitter()
  const logged: Record<string, unknown>[] = []
  const note = (facts: object, message: string) => {
    logged.push({ ...facts, message })
    events.emit(message)
  }
  const log = { info: note, warn: note, error: note } as Parameters<typeof createRelayClients>[0]['log']
  const clients = createRelayClients({ path, settings, environment: {}, log })
  t.after(clients.close)
  return { clients, events, logged }
}
const keysOf = (clients: RelayClients) => clients.list().map(({ key }) => key)

test('a client is what its entry says, with our secrets where it has none', (t) => {
  const one = entryOf({
    callback_url_allowlist: ['https://BOT.example.com:443/users/callback'],
    unlink_url: 'https://bot.example.com/users/unlink',
    redirect_after_allowlist: ['/'],
    confirm: false,
  })
  const two = entryOf({
    hmac_secret: 'Zx81-kJ3p_qW0vB7nM5tY2rE9uI6oA4sD1fG8hL',
    issue_secret: 'Qx81-kJ3p_qW0vB7nM5tY2rE9uI6oA4sD1fG8hL',
  })
  const { clients } = start(t, fileWith(t, JSON.stringify({ one, two })))
  const { provider, ...first } = clients.find('one') ?? assert.fail()
  const second = clients.find('two')

  assert.equal(typeof provider.use, 'function')
  assert.deepEqual(first, {
    key: 'one',
    issuer: 'https://auth.example.com/realms/example',
    clientId: 'bot',
    redirectUri: 'https://relay.example.com/oidc/callback',
    scope: 'openid offline_access',
    callbackUrls: new Set(['https://bot.example.com/users/callback']),
    redirectAfter: ['/'],
    hmacSecret: settings.hmacSecret,
    issueSecret: undefined,
    confirm: false,
    unlinkUrl: 'https://bot.example.com/users/unlink',
  })
  assert.deepEqual([second?.confirm, second?.redirectAfter, second?.unlinkUrl], [true, [], undefined])
  assert.deepEqual([second?.hmacSecret, second?.issueSecret], [two.hmac_secret, two.issue_secret])
})

test('what weakens a client is warned of at start', (t) => {
  const file = {
    open: entryOf({ confirm: false }),
    strict: entryOf({ issue_secret: 'Qx81-kJ3p_qW0vB7nM5tY2rE9uI6oA4sD1fG8hL' }),
  }
  const { logged } = start(t, fileWith(t, JSON.stringify(file)))

  assert.deepEqual(
    logged.slice(1).map(({ client, message }) => [client, String(message).split(' ')[0]]),
    [
      ['open', 'logins'],
      ['open', 'anybody'],
    ],
  )
})

test('no client is found by a name of the language', (t) => {
  const { clients } = start(t, fileWith(t, fileOf('bot')))

  for (const key of ['constructor', '__proto__', 'toString', 'BOT', 'bot ', ''])
    assert.equal(clients.find(key), undefined)
})

test('a file written in place takes effect, and a client held stays whole', async (t) => {
  const path = fileWith(t, fileOf('one'))
  const { clients, events } = start(t, path)
  const held = clients.find('one')
  const loaded = once(events, LOADED)
  writeFileSync(path, fileOf('two', 'three'))
  await loaded

  assert.deepEqual(keysOf(clients), ['two', 'three'])
  assert.equal(held?.clientId, 'bot')
})

test("a config map's link swap is followed", async (t) => {
  const at = folder(t)
  const put = (version: string, key: string) => {
    mkdirSync(join(at, version))
    writeFileSync(join(at, version, 'clients.json'), fileOf(key))
    symlinkSync(version, join(at, '..data_tmp'))
    renameSync(join(at, '..data_tmp'), join(at, '..data'))
  }
  put('..1', 'one')
  symlinkSync(join('..data', 'clients.json'), join(at, 'clients.json'))
  const { clients, events } = start(t, join(at, 'clients.json'))
  const loaded = once(events, LOADED)
  put('..2', 'two')
  await loaded

  assert.deepEqual(keysOf(clients), ['two'])
})

test('a bad file leaves the last good one, and says every fault', async (t) => {
  const path = fileWith(t, fileOf('one'))
  const { clients, events, logged } = start(t, path)
  const refused = once(events, REFUSED)
  writeFileSync(path, JSON.stringify({ one: { ...entryOf(), realm: '', colour: 'red' }, two: {} }))
  await refused
  const faults = logged.flatMap(({ fault }) => (typeof fault === 'string' ? [fault] : []))

  assert.deepEqual(keysOf(clients), ['one'])
  for (const place of ['one: realm', 'one: colour', 'two: issuer', 'two: client_secret'])
    assert.ok(
      faults.some((fault) => fault.startsWith(`${place}: `)),
      place,
    )

  const loaded = once(events, LOADED)
  writeFileSync(path, fileOf('two'))
  await loaded
  assert.deepEqual(keysOf(clients), ['two'])
})

test('a deleted file leaves the last good one until it is back', async (t) => {
  const path = fileWith(t, fileOf('one'))
  const { clients, events } = start(t, path)
  const refused = once(events, REFUSED)
  rmSync(path)
  await refused
  assert.deepEqual(keysOf(clients), ['one'])

  const loaded = once(events, LOADED)
  writeFileSync(path, fileOf('two'))
  await loaded
  assert.deepEqual(keysOf(clients), ['two'])
})

test('the first file must be good', (t) => {
  const log = { info() {}, warn() {}, error() {} }
  const read = (path: string) => () => createRelayClients({ path, settings, environment: {}, log })

  assert.throws(read(fileWith(t, '{"bot": {}}')), ClientsFileError)
  assert.throws(read(fileWith(t, `{}${' '.repeat(1024 * 1024)}`)), ClientsFileError)
  assert.throws(read('/nowhere/clients.json'), ClientsFileError)
})

test('the identity provider is reached at server_url, whatever public addresses it names, revocation too', async (t) => {
  const issuer = 'https://sso.example.com/realms/example'
  const idp = await testUpstream((request, response) => {
    response.setHeader('content-type', 'application/json')
    if (request.method === 'POST') return void response.end('{}')
    const at = `${issuer}/protocol/openid-connect`
    response.end(JSON.stringify({ issuer, authorization_endpoint: `${at}/auth`, revocation_endpoint: `${at}/revoke` }))
  })
  t.after(idp.close)
  const { clients } = start(t, fileWith(t, JSON.stringify({ bot: entryOf({ issuer, server_url: `${idp.url}/` }) })))
  await clients.find('bot')?.provider.use((configuration) => tokenRevocation(configuration, 'a-token'))

  assert.deepEqual(
    idp.requests.map(({ method, url }) => [method, url]),
    [
      ['GET', '/realms/example/.well-known/openid-configuration'],
      ['POST', '/realms/example/protocol/openid-connect/revoke'],
    ],
  )
})
