import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import type { AuthContext } from '@munjigi/contracts/auth-contexts'
import type { Preset } from '@munjigi/contracts/auth-profile-presets'
import type { AuthProfile } from '@munjigi/contracts/auth-profiles'
import { CREDENTIALS } from '@munjigi/dev-target/credentials'
import { type DevTarget, startDevTarget } from '@munjigi/dev-target/dev-target'
import { type TestService, testService } from '../service.fixture.ts'

const {
  username,
  password,
  clientId: client_id,
  clientSecret: client_secret,
  apiKey: api_key,
  totpSecret,
} = CREDENTIALS
const person = { username, password }

let service: TestService
let target: DevTarget
before(async () => {
  ;[service, target] = await Promise.all([testService(), startDevTarget()])
})
after(() => Promise.all([service.close(), target.close()]))
beforeEach(() => target.forget())

/** How each preset is used at the outside service of the house; `kind` is the path of its part there. */
const USES: Record<string, { kind: string; slots: Record<string, string>; settings?: Record<string, string> }> = {
  'bearer-json': { kind: 'bearer', slots: person },
  'cookie-session': { kind: 'cookie', slots: person },
  'form-csrf': { kind: 'form', slots: person, settings: { session_cookie: 'form_session' } },
  'oauth2-client-credentials': { kind: 'oauth', slots: { client_id, client_secret } },
  'oauth2-password': { kind: 'oauth', slots: { ...person, client_id, client_secret } },
  'api-key-header': { kind: 'api-key', slots: { api_key } },
  'api-key-query': { kind: 'api-key-query', slots: { api_key } },
  basic: { kind: 'basic', slots: { credentials: `${username}:${password}` } },
  totp: { kind: 'totp', slots: { ...person, totp_secret: totpSecret } },
}

const make = (sub: string, preset_id: string, change: object = {}) => {
  const { kind = preset_id, ...use } = USES[preset_id] ?? {}
  const body = { service_id: 'archive', base_url: `${target.url}/${kind}/`, ...use, ...change }
  return service.as(sub)('POST', `/auth-profile-presets/${preset_id}`, body)
}

/** What an agent does with the injections of a context. */
function sent({ injections }: AuthContext, kind: string): Promise<Response> {
  const url = new URL(`${target.url}/${kind}/data`)
  const headers = new Headers()
  for (const { target: place, key, value } of injections) {
    if (place === 'query') url.searchParams.set(key, value)
    else if (place === 'cookie') headers.set('cookie', `${key}=${value}`)
    else headers.set(key, value)
  }
  return fetch(url, { headers })
}

test('every preset is listed with its names, its slots and what can be set', async () => {
  const presets = (await service.as('lee')('GET', '/auth-profile-presets')).json<Preset[]>()

  assert.deepEqual(presets.map(({ preset_id }) => preset_id).toSorted(), Object.keys(USES).toSorted())
  for (const { preset_id, title, slots, settings, content } of presets) {
    assert.ok(title.ko && title.en, preset_id)
    assert.deepEqual(slots.map(({ name }) => name).toSorted(), Object.keys(USES[preset_id]?.slots ?? {}).toSorted())
    for (const name of Object.keys(USES[preset_id]?.settings ?? {}))
      assert.ok(settings.some((one) => one.name === name))
    const named = [...JSON.stringify(content).matchAll(/<([a-z_]+)>/g)].map(([, name]) => name)
    const given = new Set(['base_url', 'base_path', ...settings.map(({ name }) => name)])
    assert.deepEqual(new Set([...named, 'base_url', 'base_path']), given, preset_id)
  }
})

for (const [preset_id, { kind }] of Object.entries(USES)) {
  test(`${preset_id}: an agent reads by what it injects, and through the proxy`, async () => {
    const agent = service.as(preset_id)
    const made = await make(preset_id, preset_id)
    assert.deepEqual([made.statusCode, made.json<AuthProfile>().status], [201, 'active'], made.body)
    const context = await agent('GET', '/auth-context/archive')
    assert.equal(context.statusCode, 200, context.body)
    const read = await sent(context.json<AuthContext>(), kind)
    const proxied = await agent('GET', `/proxy/archive/${kind}/data`)

    assert.deepEqual([read.status, proxied.statusCode], [200, 200])
    assert.deepEqual(proxied.json(), await read.json())
    assert.equal(proxied.json().kind, kind)
  })

  test(`${preset_id}: with a wrong secret nobody reads anything`, async () => {
    const agent = service.as(`${preset_id}-wrong`)
    const slots = Object.entries(USES[preset_id]?.slots ?? {}).map(([name, value]) =>
      /password|secret|key|credentials/.test(name) ? [name, `${value.slice(0, -1)}A`] : [name, value],
    )
    assert.equal((await make(`${preset_id}-wrong`, preset_id, { slots: Object.fromEntries(slots) })).statusCode, 201)
    const answer = await agent('GET', `/proxy/archive/${kind}/data`)

    assert.ok([401, 502].includes(answer.statusCode), answer.body)
  })

  test(`${preset_id}: without its slots it is inactive and names what is missing`, async () => {
    const made = await make(`${preset_id}-empty`, preset_id, { slots: {} })
    const { status, missing_secrets } = made.json<AuthProfile>()

    assert.deepEqual([made.statusCode, status], [201, 'inactive'])
    assert.ok(missing_secrets.length > 0)
    const unread = await service.as(`${preset_id}-empty`)('GET', '/auth-context/archive')
    assert.deepEqual([unread.statusCode, unread.json().type], [409, '/problems/auth-profile-inactive'])
  })
}

test('form-csrf: a service below a path that sends the agent back to its form is logged in at anew', async () => {
  const agent = service.as('form-below-a-path')
  assert.equal((await make('form-below-a-path', 'form-csrf')).statusCode, 201)
  assert.equal((await agent('GET', '/proxy/archive/form/home')).statusCode, 200)
  target.forget()
  const home = await agent('GET', '/proxy/archive/form/home')

  assert.equal(home.statusCode, 200, String(home.headers.location))
})

test('bearer-json and oauth2-password renew by their refresh tokens', async () => {
  for (const [preset_id, kind] of [
    ['bearer-json', 'bearer'],
    ['oauth2-password', 'oauth'],
  ] as const) {
    const sub = `${preset_id}-renews`
    await make(sub, preset_id)
    await service.as(sub)('GET', '/auth-context/archive')
    const before = { logins: target.logins()[kind], renewals: target.renewals()[kind] }
    const renewed = await service.as(sub)('POST', '/auth-profiles/archive/refresh')

    assert.deepEqual([renewed.statusCode, renewed.json().refresh_type], [200, 'refresh'], renewed.body)
    assert.deepEqual([target.logins()[kind], target.renewals()[kind]], [before.logins, before.renewals + 1])
  }
})

test('cookie-session: one login outlives every new name that the session is given', async () => {
  const agent = service.as('renamed')
  await make('renamed', 'cookie-session')
  const headers = async () => (await agent('GET', '/auth-context/archive/headers')).json<{ Cookie: string }>()
  const first = await headers()
  const logins = target.logins().cookie
  for (let at = 0; at < 45; at += 1) assert.equal((await agent('GET', '/proxy/archive/cookie/data')).statusCode, 200)

  assert.equal(target.logins().cookie, logins)
  const last = await headers()
  assert.notEqual(last.Cookie, first.Cookie)
  assert.equal((await fetch(`${target.url}/cookie/data`, { headers: { cookie: last.Cookie } })).status, 200)
})

test('what the preset does not know is refused', async () => {
  const refused: [object, number, string][] = [
    [{ settings: { no_such: 'x' } }, 400, 'invalid-request'],
    [{ slots: { no_such: 'x' } }, 400, 'invalid-request'],
    [{ base_url: 'ftp://x' }, 400, 'invalid-request'],
    [{ base_url: 'https://x/?a=b' }, 400, 'invalid-request'],
    [{ base_url: 'https://x:99999' }, 400, 'invalid-request'],
    [{ base_url: undefined }, 400, 'invalid-request'],
    [{ settings: { login_path: '/{nothing}' } }, 400, 'invalid-request'],
    [{ service_id: '../x' }, 400, 'invalid-request'],
  ]
  for (const [change, status, type] of refused) {
    const answer = await make('refused', 'bearer-json', change)
    assert.deepEqual([answer.statusCode, answer.json().type], [status, `/problems/${type}`], JSON.stringify(change))
  }
  const absent = await make('refused', 'constructor')
  assert.deepEqual([absent.statusCode, absent.json().type], [404, '/problems/preset-not-found'])
})

test('a second profile of a service is refused, and presets are for people with a token', async () => {
  assert.equal((await make('twice', 'basic')).statusCode, 201)
  const again = await make('twice', 'basic')
  const anonymous = await service.app.inject('/api/session-station/v1/auth-profile-presets')

  assert.deepEqual([again.statusCode, again.json().type], [409, '/problems/auth-profile-exists'])
  assert.equal(anonymous.statusCode, 401)
})
