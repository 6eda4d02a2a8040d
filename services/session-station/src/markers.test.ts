import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { Store } from '@munjigi/store/store'
import { foundIn } from '@munjigi/testing/planted'
import { testStore } from '@munjigi/testing/store'
import { testUpstream } from '@munjigi/testing/upstream'
import { sql } from 'kysely'
import { bearerRule } from './injection/bearer-rule.fixture.ts'
import { newProfile } from './profiles/profiles.fixture.ts'
import { testService } from './service.fixture.ts'

const marker = (kind: string) => `${kind}/4711+mark er & "${kind}"`
/** What the owner enters, by place. */
const planted = {
  password: marker('payload'),
  nested: marker('nested'),
  header: marker('header'),
  query: marker('query'),
  userinfo: `kim:${marker('userinfo')}`,
  step: marker('step'),
  template: marker('template'),
  refresh: marker('refresh-payload'),
  refreshHeader: marker('refresh-header'),
  basic: `kim:${marker('basic')}`,
  totp: 'MFRGGZDFMZTWQ2LKNNWG23TPOBYXE43U',
  rejected: marker('rejected'),
}
/** What a login brings. */
const brought = {
  token: marker('token'),
  refreshToken: marker('refresh-token'),
  cookie: 'cookie-mark-er-4711-0815',
  fixed: marker('fixed'),
  reflected: marker('never-extracted'),
}
const PLANTED = Object.values(planted)
const BROUGHT = Object.values(brought)

/** Answers whatever it was sent, and what it knows besides; `/refused` and `/broken` with a failure. */
const target = await testUpstream(async (request, response) => {
  let body = ''
  for await (const chunk of request) body += chunk
  const echo = { url: request.url, headers: request.headers, body }
  const isRefused = request.url?.startsWith('/refused') ?? false
  response.writeHead(isRefused ? 401 : 200, {
    'content-type': 'application/json',
    'set-cookie': `sid=${brought.cookie}; Path=/`,
    'x-echo': encodeURIComponent(body).slice(0, 500),
  })
  if (request.url?.startsWith('/broken')) return response.end(`{"no json": ${brought.token}`)
  response.end(
    JSON.stringify({
      data: { token: brought.token, refresh_token: brought.refreshToken },
      secret: brought.reflected,
      echo,
    }),
  )
})

/** Everything that is ever handed to the store. */
function recordingStore(inner: Store): { store: Store; written: string[] } {
  const written: string[] = []
  const store = new Proxy(inner, {
    get(_, name: keyof Store) {
      const method = inner[name] as (...given: unknown[]) => unknown
      return (...given: unknown[]) => {
        written.push(...given.filter((item) => typeof item === 'string'))
        return method.apply(inner, given)
      }
    },
  })
  return { store, written }
}

const { store, written } = recordingStore(testStore())
const log: string[] = []
const service = await testService({ store, log: { write: (line) => void log.push(line) } })
after(async () => {
  await service.close()
  await store.close()
  await target.close()
})
const lee = service.as('lee')
const answers: [path: string, answer: string][] = []

async function walk(method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, payload?: unknown) {
  const answer = await lee(method, path, payload)
  answers.push([`${method} ${path}`, `${JSON.stringify(answer.headers)}\n${answer.body}`])
  return answer
}

const login = (path: string) => ({
  url: `${target.url}${path}`,
  headers: { 'X-Api-Key': planted.header, 'X-Signed': { $template: `${planted.template} {client}` } },
  query: { key: planted.query },
  userinfo: planted.userinfo,
  payload: { username: 'kim', password: planted.password, deep: [{ nested: planted.nested }] },
  steps: [{ url: `${target.url}/start`, payload: { pin: planted.step } }],
})
const profile = (service_id: string, path: string) =>
  newProfile(service_id, {
    login_config: login(path),
    extraction_rules: [
      { name: 'access_token', source: 'body', key_path: 'data.token' },
      { name: 'refresh_token', source: 'body', key_path: 'data.refresh_token' },
      { name: 'sid', source: 'cookie', key_path: 'sid' },
      { name: 'client', source: 'fixed', value: brought.fixed },
      { name: 'basic', source: 'basic', value: planted.basic },
      { name: 'otp', source: 'totp', value: planted.totp },
    ],
    injection_rules: [
      bearerRule('access_token'),
      { source_field: 'client', target: 'query', key: 'client', value_template: '{client}' },
      { source_field: 'sid', target: 'cookie', key: 'session', value_template: '{sid}' },
    ],
    refresh_config: {
      enabled: true,
      url: `${target.url}${path}`,
      headers: { 'X-Client': planted.refreshHeader },
      payload: { client_secret: planted.refresh, token: '{refresh_token}' },
    },
  })

test('planted secrets stand in no database, store, log or answer, however they are spelled', async () => {
  for (const [id, path] of [
    ['good', '/good'],
    ['refused', '/refused'],
    ['broken', '/broken'],
  ] as const) {
    assert.equal((await walk('POST', '/auth-profiles', profile(id, path))).statusCode, 201)
    await walk('POST', '/auth-profiles', profile(id, path))
    await walk('GET', `/auth-profiles/${id}`)
    await walk('POST', `/auth-profiles/${id}/test`)
    await walk('GET', `/auth-context/${id}`)
    await walk('GET', `/auth-context/${id}/headers`)
    await walk('GET', `/auth-context/${id}/headers?force_refresh=true`)
    await walk('POST', `/auth-profiles/${id}/refresh`)
    await walk('GET', `/proxy/${id}/data?x=1`)
    await walk('POST', `/proxy/${id}/data`, { some: 'thing' })
    await walk('PUT', `/auth-profiles/${id}`, {
      name: 'Renamed',
      login_config: { payload: { password: planted.password } },
    })
    await walk('GET', `/auth-profiles/${id}/logs`)
    await walk('GET', `/auth-profiles/${id}/logs/summary`)
    await walk('POST', '/auth-profile-store/upload', { service_id: id, preview: true })
    const { template_id } = (await walk('POST', '/auth-profile-store/upload', { service_id: id })).json()
    assert.equal(typeof template_id, 'string')
    await walk('GET', `/auth-profile-store/${template_id}`)
    await walk('POST', `/auth-profile-store/download/${template_id}`, { service_id: `copy-of-${id}` })
  }
  await walk('GET', '/auth-profiles')
  await walk('GET', '/auth-profile-store/list')
  await walk('POST', '/auth-profiles', profile('bad', '/{nobody}'))
  await walk('PUT', '/auth-profiles/good', { login_config: { headers: { 'X-Bad': `${planted.rejected}\r\n` } } })
  await walk('PUT', '/auth-profiles/good', {
    login_config: { payload: { $secret: planted.rejected } },
    ttl: planted.rejected,
  })
  await walk('PUT', '/auth-profiles/good', { injection_rules: planted.rejected })
  await walk('PUT', '/auth-profiles/good', { login_config: { url: 'https://elsewhere.example/' } })
  await walk('GET', '/auth-context/good')

  const good = answers.find(([path]) => path === 'GET /auth-context/good')?.[1] ?? ''
  assert.deepEqual(foundIn(good, [brought.token, brought.cookie]), [brought.token, brought.cookie])
  const leaks = answers.flatMap(([path, answer]) => {
    const mayTellContext = path.startsWith('GET /auth-context/')
    return foundIn(
      answer,
      mayTellContext ? PLANTED : [...PLANTED, ...BROUGHT.filter((text) => !isTold(path, text))],
    ).map((text) => [path, text])
  })
  assert.deepEqual(leaks, [])
  assert.deepEqual(foundIn(written.join('\n'), [...PLANTED, ...BROUGHT]), [])
  assert.ok(written.some((text) => text.startsWith('auth_context:{lee:good}')))
  assert.deepEqual(foundIn(log.join('\n'), [...PLANTED, ...BROUGHT]), [])
  assert.ok(log.some((line) => line.includes('/auth-profiles')))
  const dump = await databaseDump()
  assert.deepEqual(foundIn(dump, [...PLANTED, ...BROUGHT]), [])
  for (const word of ['copy-of-good', 'refused', 'ENC(', 'access_token']) assert.ok(dump.includes(word), word)
})

test('where they are revealed the search finds them', async () => {
  const { body } = await lee('GET', '/revealed/refused')

  const entered = PLANTED.filter((text) => text !== planted.rejected)
  assert.deepEqual(foundIn(body, PLANTED), entered)
})

/** What a target says through the proxy and was neither injected nor extracted is its own business. */
const isTold = (path: string, text: string): boolean => path.includes(' /proxy/') && text === brought.reflected

async function databaseDump(): Promise<string> {
  const tables = [
    'auth_profiles',
    'auth_contexts',
    'auth_refresh_logs',
    'audit_events',
    'sealing_check',
    'auth_profile_templates',
  ]
  const texts = await Promise.all(
    tables.map(async (table) => {
      const rows = await sql<{
        line: string
      }>`select row_to_json(t)::text as line from ${sql.table(`session_station.${table}`)} t`.execute(service.db)
      return rows.rows.map(({ line }) => line).join('\n')
    }),
  )
  return texts.join('\n')
}
