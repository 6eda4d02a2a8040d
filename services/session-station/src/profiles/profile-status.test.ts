import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, test } from 'node:test'
import { testService } from '../service.fixture.ts'
import { newProfile } from './profiles.fixture.ts'

const service = await testService()
after(service.close)
const lee = service.as('lee')

/** A profile whose login kept failing. */
async function failing(): Promise<string> {
  const id = randomUUID()
  await lee('POST', '/auth-profiles', newProfile(id))
  const failed = {
    status: 'needs_auth',
    failures: 5,
    outages: 2,
    retry_at: new Date(),
    last_error: 'HTTP 401',
  } as const
  await service.db.updateTable('auth_profiles').set(failed).where('service_id', '=', id).execute()
  return id
}

const stateOf = (id: string) =>
  service.db
    .selectFrom('auth_profiles')
    .select(['status', 'generation', 'failures', 'outages', 'retry_at', 'last_error'])
    .where('service_id', '=', id)
    .executeTakeFirst()

const MENDED = { status: 'active', generation: 2, failures: 0, outages: 0, retry_at: null, last_error: null }

const mending: [string, object][] = [
  ['a new secret', { login_config: { payload: { password: 'new' } } }],
  ['the same secret, entered again', { login_config: { payload: { password: 'p-4711' } } }],
  ['another rule', { extraction_rules: [{ name: 'access_token', source: 'header', key_path: 'x-token' }] }],
  ['a renewal', { refresh_config: { enabled: true, refresh_token_field: 'access_token' } }],
  [
    'another origin',
    {
      allowed_origins: ['https://login.example.com', 'https://api.example.com'],
      login_config: { payload: { username: 'k', password: 'p' } },
    },
  ],
  ['its status', { status: 'active' }],
]
for (const [name, change] of mending)
  test(`a login that has to be mended is mended by ${name}`, async () => {
    const id = await failing()
    assert.equal((await lee('PUT', `/auth-profiles/${id}`, change)).statusCode, 200)

    assert.deepEqual(await stateOf(id), MENDED)
  })

const others: [string, object, number][] = [
  ['its name', { name: 'Renamed' }, 1],
  ['the status it has', { status: 'needs_auth' }, 1],
  ['its injections', { injection_rules: [] }, 2],
  ['its time', { ttl: 7200 }, 2],
]
for (const [name, change, generation] of others)
  test(`a login that has to be mended is not by ${name}`, async () => {
    const id = await failing()
    assert.equal((await lee('PUT', `/auth-profiles/${id}`, change)).statusCode, 200)

    const state = await stateOf(id)
    assert.deepEqual([state?.status, state?.generation, state?.failures], ['needs_auth', generation, 5])
  })

test('an owner switches a profile off and on', async () => {
  const id = randomUUID()
  await lee('POST', '/auth-profiles', newProfile(id, { status: 'inactive' }))
  const answer = await lee('GET', `/auth-context/${id}`)
  assert.deepEqual([answer.statusCode, answer.json().type], [409, '/problems/auth-profile-inactive'])

  assert.equal((await lee('PUT', `/auth-profiles/${id}`, { status: 'active' })).json().status, 'active')
  assert.equal((await lee('PUT', `/auth-profiles/${id}`, { status: 'inactive' })).json().status, 'inactive')
  assert.equal((await lee('PUT', `/auth-profiles/${id}`, { name: 'Off' })).json().status, 'inactive')
})

test('a profile that lacks secrets is made, inactive, and names them', async () => {
  const id = randomUUID()
  const login_config = { url: 'https://a.example/', payload: { user: 'u', password: { $secret: 'missing' } } }
  const refused = await lee('POST', '/auth-profiles', newProfile(id, { login_config, status: 'active' }))
  assert.deepEqual([refused.statusCode, refused.json().faults[0].field], [400, 'login_config.payload.password'])

  const made = (await lee('POST', '/auth-profiles', newProfile(id, { login_config }))).json()
  assert.deepEqual([made.status, made.missing_secrets], ['inactive', ['login_config.payload.password']])
})
