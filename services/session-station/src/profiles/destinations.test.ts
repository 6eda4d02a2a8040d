import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, test } from 'node:test'
import { testService } from '../service.fixture.ts'
import { newProfile } from './profiles.fixture.ts'

const service = await testService()
after(service.close)
const lee = service.as('lee')

const SET = { $secret: 'set' }
const MISSING = { $secret: 'missing' }

/** Secrets at every place there is, going to two origins. */
const secretEverywhere = {
  login_config: {
    url: 'https://user:w-secret@login.example.com/sessions?key=q-secret',
    headers: { 'X-Api-Key': 'h-secret', Accept: 'application/json' },
    payload: { deep: [{ password: 'p-secret' }] },
    steps: [{ url: 'https://login.example.com/start', payload: { pin: 's-secret' } }],
  },
  extraction_rules: [
    { name: 'access_token', source: 'body', key_path: 'token' },
    { name: 'client', source: 'fixed', value: 'f-secret' },
    { name: 'basic', source: 'basic', value: 'u:b-secret' },
    { name: 'otp', source: 'totp', value: 'JBSWY3DPEHPK3PXP' },
  ],
  refresh_config: {
    enabled: true,
    refresh_token_field: 'access_token',
    url: 'https://login.example.com/refresh',
    payload: { client_secret: 'r-secret' },
  },
  allowed_origins: ['https://login.example.com', 'https://api.example.com'],
}
const PLACES = [
  'login_config.steps.0.payload.pin',
  'login_config.headers.X-Api-Key',
  'login_config.query.key',
  'login_config.userinfo',
  'login_config.payload.deep.0.password',
  'extraction_rules.1.value',
  'extraction_rules.2.value',
  'extraction_rules.3.value',
  'refresh_config.payload.client_secret',
]

async function add(changes: Record<string, unknown> = secretEverywhere) {
  const id = randomUUID()
  const answer = await lee('POST', '/auth-profiles', newProfile(id, changes))
  assert.equal(answer.statusCode, 201, answer.body)
  return answer.json()
}

type Profile = Awaited<ReturnType<typeof add>>

/** What somebody may try who holds no more than the person's token: each sends the secrets elsewhere. */
const thefts: [string, (profile: Profile) => object][] = [
  ['an origin of the proxy alone', () => ({ login_config: { url: 'https://api.example.com/sessions' } })],
  [
    'a step at an origin of the proxy alone',
    ({ login_config: { steps } }) => ({ login_config: { steps: [...steps, { url: 'https://api.example.com/' }] } }),
  ],
  [
    'the renewal at an origin of the proxy alone',
    () => ({ refresh_config: { url: 'https://api.example.com/refresh' } }),
  ],
  ['another host', () => ({ login_config: { url: 'https://evil.example/sessions' } })],
  ['another scheme', () => ({ login_config: { url: 'http://login.example.com/sessions' } })],
  ['another port', () => ({ login_config: { url: 'https://login.example.com:8443/sessions' } })],
  ['a host behind a user', () => ({ login_config: { url: 'https://login.example.com@evil.example/sessions' } })],
  ['a host behind a password', () => ({ login_config: { url: 'https://login.example.com:443@evil.example/' } })],
  ['a host with a dot behind it', () => ({ login_config: { url: 'https://login.example.com./sessions' } })],
  ['a host spelled otherwise', () => ({ login_config: { url: 'HTTPS://login。example.com.evil.example/' } })],
  [
    'a further step',
    ({ login_config: { steps } }) => ({ login_config: { steps: [...steps, { url: 'https://evil.example/' }] } }),
  ],
  [
    'a step in front',
    ({ login_config: { steps } }) => ({
      login_config: {
        steps: [{ url: 'https://evil.example/', payload: SET }, ...steps].map((step) => ({ ...step, payload: {} })),
      },
    }),
  ],
  [
    'the step itself',
    () => ({ login_config: { steps: [{ url: 'https://evil.example/start', payload: { pin: SET } }] } }),
  ],
  ['the renewal', () => ({ refresh_config: { url: 'https://evil.example/refresh' } })],
  ['the renewal, switched off', () => ({ refresh_config: { enabled: false, url: 'https://evil.example/refresh' } })],
  [
    'an origin for the proxy',
    ({ allowed_origins }) => ({ allowed_origins: [...allowed_origins, 'https://evil.example'] }),
  ],
  ['another origin for the proxy', () => ({ allowed_origins: ['https://login.example.com:444'] })],
  [
    'the whole profile sent back, its URL changed',
    (profile) => ({ ...profile, login_config: { ...profile.login_config, url: 'https://evil.example/' } }),
  ],
]

for (const [name, theft] of thefts)
  test(`secrets do not follow a changed destination: ${name}`, async () => {
    const profile = await add()
    const answer = await lee('PUT', `/auth-profiles/${profile.service_id}`, theft(profile))

    assert.equal(answer.statusCode, 200, answer.body)
    const { status, missing_secrets } = answer.json()
    assert.equal(status, 'inactive')
    // A URL that brings a user of its own has entered one, and steps may be gone.
    const entered = name.startsWith('a host behind') ? 'userinfo' : 'steps'
    const kept = PLACES.filter(
      (place) => !/steps/.test(place) && !place.endsWith(entered) && !missing_secrets.includes(place),
    )
    assert.deepEqual(kept, [])
    const revealed = (await lee('GET', `/revealed/${profile.service_id}`)).body
    assert.equal(/-secret|JBSWY3DPEHPK3PXP/.test(revealed), false)
  })

test('an inactive profile logs nobody in, and cannot be made active before its secrets are entered', async () => {
  const { service_id } = await add()
  await lee('PUT', `/auth-profiles/${service_id}`, { login_config: { url: 'https://evil.example/' } })

  for (const [method, path] of [
    ['POST', `/auth-profiles/${service_id}/test`],
    ['POST', `/auth-profiles/${service_id}/refresh`],
    ['GET', `/auth-context/${service_id}`],
    ['GET', `/auth-context/${service_id}/headers`],
    ['GET', `/proxy/${service_id}/x`],
  ] as const) {
    const answer = await lee(method, path)
    assert.deepEqual([path, answer.statusCode, answer.json().type], [path, 409, '/problems/auth-profile-inactive'])
  }
  const answer = await lee('PUT', `/auth-profiles/${service_id}`, { status: 'active' })
  assert.equal(answer.statusCode, 400)
  assert.deepEqual(
    answer.json().faults.map(({ field }: { field: string }) => field),
    PLACES,
  )
})

test('what is entered in the same change as the new destination is kept, the rest is missing, and a full set is active', async () => {
  const { service_id } = await add({
    login_config: { url: 'https://a.example/', payload: { user: 'u', password: 'p' } },
  })
  const moved = await lee('PUT', `/auth-profiles/${service_id}`, {
    login_config: { url: 'https://b.example/', payload: { password: 'new' } },
  })
  assert.deepEqual(moved.json().login_config.payload, { user: MISSING, password: SET })
  assert.deepEqual([moved.json().status, moved.json().missing_secrets], ['inactive', ['login_config.payload.user']])

  const filled = await lee('PUT', `/auth-profiles/${service_id}`, { login_config: { payload: { user: 'u' } } })
  assert.deepEqual([filled.json().status, filled.json().missing_secrets], ['active', []])
})

test('where no origins were named the proxy follows the login, where they were it stays', async () => {
  const url = 'https://b.example/'
  const moved = async (changes: object) => {
    const { service_id } = await add({ login_config: { url: 'https://a.example/' }, ...changes })
    return (await lee('PUT', `/auth-profiles/${service_id}`, { login_config: { url } })).json().allowed_origins
  }

  assert.deepEqual(await moved({}), ['https://b.example'])
  assert.deepEqual(await moved({ allowed_origins: ['https://api.example'] }), ['https://api.example'])
})

test('a secret that no agent was given has to be entered anew before one is, and stays where it is given to fewer', async () => {
  const injected = (field: string) => ({
    source_field: 'access_token',
    target: 'header',
    key: 'X-Told',
    value_template: `v={${field}}`,
  })
  for (const [index, field] of [
    [1, 'client'],
    [2, 'basic'],
    [3, 'otp'],
  ] as const) {
    const { service_id, injection_rules } = await add()
    const told = [...injection_rules, injected(field)]
    const answer = await lee('PUT', `/auth-profiles/${service_id}`, { injection_rules: told })
    assert.deepEqual(answer.json().missing_secrets, [`extraction_rules.${index}.value`])
    assert.equal((await lee('GET', `/auth-context/${service_id}/headers`)).statusCode, 409)
    const back = await lee('PUT', `/auth-profiles/${service_id}`, { injection_rules })
    assert.equal(back.json().status, 'inactive')
  }

  const { service_id, injection_rules } = await add({ ...secretEverywhere, injection_rules: [injected('client')] })
  const fewer = await lee('PUT', `/auth-profiles/${service_id}`, { injection_rules: [] })
  assert.deepEqual([fewer.json().status, fewer.json().missing_secrets], ['active', []])
  const { profile } = (await lee('GET', `/revealed/${service_id}`)).json()
  assert.equal(profile.extraction_rules[1].value, 'f-secret')
  const again = await lee('PUT', `/auth-profiles/${service_id}`, { injection_rules })
  assert.deepEqual(again.json().missing_secrets, ['extraction_rules.1.value'])
})

test('an origin of the login alone is a new one for the proxy', async () => {
  const { service_id } = await add({ ...secretEverywhere, allowed_origins: ['https://api.example.com'] })
  const answer = await lee('PUT', `/auth-profiles/${service_id}`, { allowed_origins: secretEverywhere.allowed_origins })

  assert.deepEqual([answer.json().status, answer.json().missing_secrets], ['inactive', PLACES])
})

test('an origin that was taken away is a new one when it comes back', async () => {
  const { service_id } = await add()
  const fewer = await lee('PUT', `/auth-profiles/${service_id}`, { allowed_origins: ['https://login.example.com'] })
  assert.deepEqual([fewer.json().status, fewer.json().missing_secrets], ['active', []])

  const again = await lee('PUT', `/auth-profiles/${service_id}`, { allowed_origins: secretEverywhere.allowed_origins })
  assert.equal(again.json().status, 'inactive')
})

test('with fewer destinations, another path and other rules secrets stay, and open', async () => {
  const { service_id, extraction_rules } = await add()
  const answer = await lee('PUT', `/auth-profiles/${service_id}`, {
    login_config: { url: 'https://login.example.com/v2' },
    extraction_rules: extraction_rules.toReversed(),
    allowed_origins: ['https://login.example.com'],
  })
  assert.deepEqual([answer.statusCode, answer.json().status], [200, 'active'])

  const { profile } = (await lee('GET', `/revealed/${service_id}`)).json()
  assert.deepEqual(profile.login_config.query, { key: 'q-secret' })
  assert.equal(profile.login_config.userinfo, 'user:w-secret')
  assert.deepEqual(profile.login_config.payload, { deep: [{ password: 'p-secret' }] })
  assert.deepEqual(
    profile.extraction_rules.map(({ value }: { value: unknown }) => value),
    ['JBSWY3DPEHPK3PXP', 'u:b-secret', 'f-secret', undefined],
  )
})

test('a mask is taken for the secret of its own place alone', async () => {
  const { service_id } = await add()
  const refused = async (change: object) => {
    const answer = await lee('PUT', `/auth-profiles/${service_id}`, change)
    return [answer.statusCode, answer.json().faults?.map(({ field }: { field: string }) => field)]
  }

  assert.deepEqual(await refused({ login_config: { payload: { shown: SET } } }), [400, ['login_config.payload.shown']])
  assert.deepEqual(await refused({ login_config: { headers: { Accept: SET } } }), [
    400,
    ['login_config.headers.Accept'],
  ])
  assert.deepEqual(await refused({ login_config: { headers: { 'X-Other': SET } } }), [
    400,
    ['login_config.headers.X-Other'],
  ])
  assert.deepEqual(
    await refused({
      extraction_rules: [
        { name: 'client', source: 'basic', value: SET },
        { name: 'access_token', source: 'body' },
      ],
    }),
    [400, ['extraction_rules.0.value']],
  )
  assert.deepEqual(
    await refused({
      extraction_rules: [
        { name: 'shown', source: 'fixed', value: SET },
        { name: 'access_token', source: 'body' },
      ],
    }),
    [400, ['extraction_rules.0.value']],
  )
  assert.deepEqual(await refused({ refresh_config: { payload: { password: SET } } }), [
    400,
    ['refresh_config.payload.password'],
  ])
  assert.deepEqual(
    await refused({
      injection_rules: [{ source_field: 'client', target: 'header', key: 'A', value_template: 'ENC(x)' }],
    }),
    [200, undefined],
  )
  const made = await lee(
    'POST',
    '/auth-profiles',
    newProfile(randomUUID(), { login_config: { url: 'https://a.example/', payload: { p: SET } } }),
  )
  assert.deepEqual([made.statusCode, made.json().faults[0].field], [400, 'login_config.payload.p'])
})

test('text that looks sealed is a value like any other', async () => {
  const mine = await add()
  const row = await service.db
    .selectFrom('auth_profiles')
    .select('login_config')
    .where('id', '=', mine.id)
    .executeTakeFirst()
  const stolen = (row as { login_config: { userinfo: string } }).login_config.userinfo
  assert.match(stolen, /^ENC\(/)

  const { service_id } = await add({ login_config: { url: 'https://a.example/', payload: { p: stolen } } })
  const { profile } = (await lee('GET', `/revealed/${service_id}`)).json()
  assert.equal(profile.login_config.payload.p, stolen)
})

test('a sealed value opens in its own row, at its own place and for its own destinations alone', async () => {
  const victim = await add()
  const own = await add({
    login_config: { url: 'https://login.example.com/', payload: { deep: [{ password: 'mine' }], other: 'o' } },
    allowed_origins: secretEverywhere.allowed_origins,
  })
  const rowOf = async ({ id }: { id: number }) =>
    (await service.db.selectFrom('auth_profiles').select('login_config').where('id', '=', id).executeTakeFirst())
      ?.login_config as { url: string; payload: { deep: [{ password: string }]; other: string } }
  const write = async ({ id }: { id: number }, login_config: object) => {
    await service.db
      .updateTable('auth_profiles')
      .set({ login_config: JSON.stringify(login_config) })
      .where('id', '=', id)
      .execute()
  }
  const revealed = async () => (await lee('GET', `/revealed/${own.service_id}`)).statusCode
  assert.equal(await revealed(), 200)

  const before = await rowOf(own)
  await write(own, { ...before, payload: (await rowOf(victim)).payload })
  assert.equal(await revealed(), 500)
  await write(own, { ...before, payload: { ...before.payload, other: before.payload.deep[0].password } })
  assert.equal(await revealed(), 500)
  await write(own, { ...before, url: 'https://evil.example/' })
  assert.equal(await revealed(), 500)
  await write(own, before)
  assert.equal(await revealed(), 200)
})
