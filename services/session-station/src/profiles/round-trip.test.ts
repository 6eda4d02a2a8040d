import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { keyRing } from '@munjigi/sealing/fernet'
import { sealedText } from '@munjigi/sealing/sealed-text'
import { testService } from '../service.fixture.ts'
import { profileStore } from './profile-store.ts'
import { newProfile } from './profiles.fixture.ts'
import { openContent } from './sealed-content.ts'
import { storedContent } from './stored-content.ts'

const service = await testService()
after(service.close)
const lee = service.as('lee')
const profiles = profileStore(service.db)
const sealing = sealedText(keyRing(service.encryptionKey))

const find = async (service_id: string) => {
  const row = await profiles.find('lee', service_id)
  assert.ok(row)
  return row
}

test('a profile that is sent back as it was read stays what it is, nulls and empty members too', async () => {
  const full = newProfile('full', {
    description: null,
    login_config: {
      url: 'https://kim:p-1@login.example.com/{region}/sessions?key=k-1&key=k-2&empty=',
      headers: { 'X-Key': 'h-1', accept: '*/*', none: null },
      payload: { user: 'kim', otp: null, deep: { list: [1, null, { x: null }], empty: {} }, text: '' },
      steps: [{ url: 'https://login.example.com/csrf', method: 'GET', headers: {}, payload: { none: null } }],
    },
    extraction_rules: [
      { name: 'token', source: 'body', key_path: 'token', value: null },
      { name: 'region', source: 'fixed', value: 'kr' },
      { name: 'access_token', source: 'header', key_path: 'x-token' },
    ],
    refresh_config: { enabled: false, url: null, headers: {}, payload: { none: null, token: 't-1' } },
    expired: null,
  })
  const made = await lee('POST', '/auth-profiles', full)
  assert.equal(made.statusCode, 201, made.body)
  const before = await find('full')
  const back = await lee('PUT', '/auth-profiles/full', (await lee('GET', '/auth-profiles/full')).json())
  const afterwards = await find('full')

  assert.equal(back.statusCode, 200, back.body)
  const { updated_at: _made, ...read } = made.json()
  const { updated_at: _changed, ...again } = back.json()
  assert.deepEqual(again, read)
  assert.equal(afterwards.generation, before.generation)
  const open = (row: typeof before) => openContent(storedContent(row), row, sealing)
  assert.deepEqual(open(afterwards), open(before))
})

test('null takes a member away that holds something', async () => {
  await lee(
    'POST',
    '/auth-profiles',
    newProfile('less', { refresh_config: { url: 'https://login.example.com/renew' } }),
  )
  const answer = await lee('PUT', '/auth-profiles/less', {
    login_config: { payload: { password: null } },
    refresh_config: { url: null },
  })

  assert.deepEqual(answer.json().login_config.payload, { username: { $secret: 'set' } })
  assert.ok(!('url' in answer.json().refresh_config))
})

test('a fixed value is taken from key_path where forms left value empty, and an empty one alone is a value', async () => {
  await lee(
    'POST',
    '/auth-profiles',
    newProfile('fixed', {
      extraction_rules: [
        { name: 'access_token', source: 'fixed', key_path: 'from-path', value: '' },
        { name: 'both', source: 'fixed', key_path: 'from-path', value: 'from-value' },
        { name: 'none', source: 'fixed', key_path: null, value: '' },
        { name: 'zero', source: 'fixed', key_path: 'from-path', value: 0 },
      ],
    }),
  )
  const row = await find('fixed')
  const { extraction_rules } = openContent(storedContent(row), row, sealing)

  assert.deepEqual(
    extraction_rules.map(({ value }) => value),
    ['from-path', 'from-value', '', 0],
  )
})
