import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, test } from 'node:test'
import { sql } from 'kysely'
import { testService } from '../service.fixture.ts'
import { newProfile } from './profiles.fixture.ts'

const service = await testService()
after(service.close)
const lee = service.as('lee')
const park = service.as('park')
const SET = { $secret: 'set' }

type Answer = Awaited<ReturnType<typeof lee>>
const refusal = (answer: Answer) => [answer.statusCode, answer.json().type]
const refused = (answer: Answer) => [
  answer.statusCode,
  answer.json().faults?.map(({ field }: { field: string }) => field),
]

async function add(changes: Record<string, unknown> = {}): Promise<string> {
  const id = randomUUID()
  const answer = await lee('POST', '/auth-profiles', newProfile(id, changes))
  assert.equal(answer.statusCode, 201, answer.body)
  return id
}

test('a profile is answered with its defaults filled in and its secrets masked', async () => {
  const id = randomUUID()
  const answer = await lee('POST', '/auth-profiles', newProfile(id))

  assert.equal(answer.statusCode, 201)
  const { id: number, created_at, updated_at, ...profile } = answer.json()
  assert.deepEqual([typeof number, created_at], ['number', updated_at])
  assert.deepEqual(profile, {
    user_id: 'lee',
    ...(newProfile(id) as object),
    description: null,
    login_config: {
      url: 'https://login.example.com/sessions',
      method: 'POST',
      headers: {},
      payload: { username: SET, password: SET },
      timeout: 30,
      follow_redirects: true,
    },
    refresh_config: null,
    allowed_origins: ['https://login.example.com'],
    expired: null,
    ttl: 3600,
    refresh_before_expire: 300,
    status: 'active',
    missing_secrets: [],
    last_refresh: null,
    last_error: null,
    created_by: 'lee',
  })
  assert.deepEqual((await lee('GET', `/auth-profiles/${id}`)).json(), answer.json())
})

test('rules and a renewal have the defaults of source 004', async () => {
  const rule = { source_field: 'access_token', target: 'header', key: 'X-Key', value_template: '{access_token}' }
  const changes = { injection_rules: [rule], refresh_config: {} }
  const answer = await lee('POST', '/auth-profiles', newProfile(randomUUID(), changes))

  const { injection_rules, refresh_config } = answer.json()
  assert.deepEqual(injection_rules, [{ ...rule, required: false }])
  assert.deepEqual(refresh_config, {
    enabled: false,
    refresh_token_field: 'refresh_token',
    method: 'POST',
    headers: {},
    payload: {},
    timeout: 30,
  })
})

test('one person has one profile of a service, and others have theirs', async () => {
  const id = await add()

  assert.deepEqual(refusal(await lee('POST', '/auth-profiles', newProfile(id))), [409, '/problems/auth-profile-exists'])
  assert.equal((await park('POST', '/auth-profiles', newProfile(id))).statusCode, 201)
})

test("what is another person's is not there", async () => {
  const id = await add()

  const missing = [404, '/problems/auth-profile-not-found']
  assert.deepEqual(refusal(await park('GET', `/auth-profiles/${id}`)), missing)
  assert.deepEqual(refusal(await park('PUT', `/auth-profiles/${id}`, { name: 'mine' })), missing)
  assert.deepEqual(refusal(await park('DELETE', `/auth-profiles/${id}`)), missing)
  assert.deepEqual(refusal(await park('GET', `/revealed/${id}`)), missing)
  assert.deepEqual(
    (await park('GET', '/auth-profiles?limit=200'))
      .json()
      .filter((row: { service_id: string }) => row.service_id === id),
    [],
  )
})

test('nobody is served without a token, or with the subject of another', async () => {
  const headers = { authorization: `Bearer ${service.tokenOf('lee')}`, 'x-user-sub': 'park' }
  for (const [method, url] of [
    ['GET', '/auth-profiles'],
    ['POST', '/auth-profiles'],
    ['GET', '/auth-profiles/x'],
    ['PUT', '/auth-profiles/x'],
    ['DELETE', '/auth-profiles/x'],
    ['GET', '/revealed/x'],
    ['POST', '/revealed/x/test'],
  ] as const) {
    const path = `/api/session-station/v1${url}`
    assert.deepEqual(refusal(await service.app.inject({ method, url: path })), [401, '/problems/token-missing'])
    assert.deepEqual(refusal(await service.app.inject({ method, url: path, headers })), [
      401,
      '/problems/user-sub-mismatch',
    ])
  }
})

test('a profile is removed once', async () => {
  const id = await add()

  assert.equal((await lee('DELETE', `/auth-profiles/${id}`)).statusCode, 204)
  assert.deepEqual(refusal(await lee('DELETE', `/auth-profiles/${id}`)), [404, '/problems/auth-profile-not-found'])
})

test('the list goes on where the header Link says', async () => {
  const choi = service.as('choi')
  const ids = ['a', 'b', 'c', 'd', 'e']
  for (const id of ids) await choi('POST', '/auth-profiles', newProfile(id))

  const seen: string[] = []
  let path: string | undefined = '/auth-profiles?limit=2'
  while (path !== undefined) {
    const answer: Answer = await choi('GET', path)
    seen.push(...answer.json().map(({ service_id }: { service_id: string }) => service_id))
    path = /^<\/api\/session-station\/v1([^>]+)>; rel="next"$/.exec(String(answer.headers.link))?.[1]
  }
  assert.deepEqual(seen, ids)
  assert.equal((await choi('GET', '/auth-profiles?limit=201')).statusCode, 400)
  assert.equal((await choi('GET', '/auth-profiles?cursor=x')).statusCode, 400)
})

test('what is left out of a change stays, and null takes away what may be absent', async () => {
  const id = await add({
    refresh_config: { enabled: true, refresh_token_field: 'access_token', headers: { 'X-Key': 'k' } },
  })
  const before = (await lee('GET', `/auth-profiles/${id}`)).json()

  const answer = await lee('PUT', `/auth-profiles/${id}`, {
    name: 'Renamed',
    login_config: { headers: { 'X-Client': 'c' }, payload: { username: null, otp: 1 } },
    refresh_config: { timeout: 5 },
  })
  assert.equal(answer.statusCode, 200, answer.body)
  const { updated_at, ...after } = answer.json()
  assert.ok(updated_at >= before.updated_at)
  assert.deepEqual(after, {
    ...Object.fromEntries(Object.entries(before).filter(([name]) => name !== 'updated_at')),
    name: 'Renamed',
    login_config: { ...before.login_config, headers: { 'X-Client': SET }, payload: { password: SET, otp: SET } },
    refresh_config: { ...before.refresh_config, timeout: 5 },
  })
  assert.equal((await lee('PUT', `/auth-profiles/${id}`, { refresh_config: null })).json().refresh_config, null)
})

test('a profile that is sent back as it was answered is the same afterwards', async () => {
  const id = await add({
    login_config: { url: 'https://u:p@a.example/x/{t}?a=1&a=2', headers: { Accept: 'text/html', A: '{t}' } },
    extraction_rules: [
      { name: 't', source: 'fixed', key_path: 'v' },
      { name: 'access_token', source: 'body' },
    ],
  })
  const generation = async () =>
    (await service.db.selectFrom('auth_profiles').select('generation').where('service_id', '=', id).executeTakeFirst())
      ?.generation
  const before = (await lee('GET', `/auth-profiles/${id}`)).json()
  const first = await generation()
  const answer = await lee('PUT', `/auth-profiles/${id}`, before)

  assert.equal(answer.statusCode, 200, answer.body)
  const after: object = answer.json()
  assert.deepEqual({ ...after, updated_at: before.updated_at }, before)
  assert.deepEqual(await generation(), first)
})

test('whose a profile is and what it is called do not change', async () => {
  const id = await add()

  for (const change of [{ user_id: 'park' }, { service_id: 'other' }, { id: 999_999 }])
    assert.deepEqual(refused(await lee('PUT', `/auth-profiles/${id}`, change)), [400, Object.keys(change)])
})

test('changes at the same time lose nothing of one another', async () => {
  const id = await add()
  const names = Array.from({ length: 8 }, (_, index) => `field_${index}`)
  const secrets = names.map((name) => ({ login_config: { payload: { [name]: `secret of ${name}` } } }))
  const changes = [...secrets, { name: 'Renamed' }, { description: 'All at once' }, { ttl: 7200 }]
  const answers = await Promise.all(changes.map((change) => lee('PUT', `/auth-profiles/${id}`, change)))

  assert.deepEqual(new Set(answers.map(({ statusCode }) => statusCode)), new Set([200]))
  const { login_config, name, description, ttl } = (await lee('GET', `/revealed/${id}`)).json().profile
  assert.deepEqual([name, description, ttl], ['Renamed', 'All at once', 7200])
  assert.deepEqual(login_config.payload, {
    username: 'kim',
    password: 'p-4711',
    ...Object.fromEntries(names.map((field) => [field, `secret of ${field}`])),
  })
})

test('a token held to the proxy reaches the proxy alone, one held to the module all but secrets', async () => {
  const id = await add()
  const proxied = service.as('lee', { scope: 'session-station:proxy', amr: ['api_key'] })
  const whole = service.as('lee', { scope: 'session_station' })
  const elsewhere = service.as('lee', { scope: 'meal' })

  const refusedScope = [403, '/problems/scope-required']
  assert.deepEqual(refusal(await proxied('GET', '/auth-profiles')), refusedScope)
  assert.deepEqual(refusal(await proxied('GET', `/auth-context/${id}`)), refusedScope)
  assert.deepEqual(refusal(await proxied('GET', `/auth-context/${id}/headers`)), refusedScope)
  assert.deepEqual(refusal(await elsewhere('GET', '/auth-profiles')), refusedScope)
  assert.deepEqual(refusal(await elsewhere('GET', '/proxy/none/x')), refusedScope)
  assert.deepEqual(refusal(await proxied('GET', '/proxy/none/x')), [404, '/problems/auth-profile-not-found'])
  assert.equal((await whole('GET', `/auth-profiles/${id}`)).statusCode, 200)
  assert.deepEqual(refusal(await whole('GET', `/revealed/${id}`)), [403, '/problems/reveal-refused'])
})

test('every answer is kept by nobody', async () => {
  const id = await add()

  for (const path of ['/auth-profiles', `/auth-profiles/${id}`, '/auth-profiles/none', `/revealed/${id}`])
    assert.equal((await lee('GET', path)).headers['cache-control'], 'no-store')
})

test('a profile that takes too much room is refused, also where it grows step by step', async () => {
  const large = (...names: string[]) => Object.fromEntries(names.map((each) => [each, 'x'.repeat(20_000)]))
  const login = (payload: object) => ({ login_config: { url: 'https://login.example.com/', payload } })
  const faultOf = async (answer: Promise<{ statusCode: number; json(): { detail: string } }>) => {
    const { statusCode, json } = await answer
    return [statusCode, json().detail.slice(0, 50)]
  }
  const refused = [400, 'login_config: this profile takes more than 250000 ']
  assert.deepEqual(
    await faultOf(lee('POST', '/auth-profiles', newProfile('large', login(large(...'abcdefghij'))))),
    refused,
  )
  assert.equal((await lee('POST', '/auth-profiles', newProfile('large', login(large(...'abcdef'))))).statusCode, 201)
  assert.deepEqual(await faultOf(lee('PUT', '/auth-profiles/large', login(large(...'ghijkl')))), refused)
  const equals = { success: { body: { path: 'x', equals: 'x'.repeat(300_000) } } }
  assert.deepEqual(await faultOf(lee('PUT', '/auth-profiles/large', { login_config: equals })), refused)
})

test('nobody fills the database with profiles', async () => {
  const eager = service.as('eager')
  assert.equal((await eager('POST', '/auth-profiles', newProfile('first'))).statusCode, 201)
  const {
    id: _id,
    user_id: _user,
    service_id: _service,
    ...columns
  } = await service.db.selectFrom('auth_profiles').selectAll().where('user_id', '=', 'eager').executeTakeFirstOrThrow()
  const names = Object.keys(columns).map((name) => sql.ref(name))
  const copy = (from: number, to: number) =>
    sql`insert into session_station.auth_profiles (user_id, service_id, ${sql.join(names)})
      select user_id, 's' || n, ${sql.join(names)} from session_station.auth_profiles, generate_series(${from}::integer, ${to}::integer) n
      where user_id = 'eager' and service_id = 'first'`.execute(service.db)
  // Few at a time: a statement has less than a second, also on a busy machine.
  for (let from = 1; from < 20_000; from += 200) await copy(from, Math.min(from + 199, 19_999))

  const answer = await eager('POST', '/auth-profiles', newProfile('last'))
  assert.deepEqual([answer.statusCode, answer.json().type], [409, '/problems/too-many-auth-profiles'])
  assert.equal((await eager('DELETE', '/auth-profiles/s1')).statusCode, 204)
  assert.equal((await eager('POST', '/auth-profiles', newProfile('last'))).statusCode, 201)
})
