import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ProfileContent } from '@munjigi/contracts/auth-profiles'
import { maskedContent } from '../profiles/sealed-content.ts'
import { filled, slotsOf, slotted } from './slots.ts'

const set = { $secret: 'set' } as const
const masked: ProfileContent = {
  name: 'Outside',
  description: null,
  auth_type: 'bearer',
  login_config: {
    url: 'https://out.example/login',
    method: 'POST',
    headers: { accept: 'application/json', 'x-api-key': set },
    query: { key: set, tags: [set, null] },
    userinfo: set,
    payload: { user: { password: set, note: null }, password: set, csrf: { $template: '{csrf}' } },
    timeout: 30,
    follow_redirects: true,
    steps: [
      { url: 'https://out.example/csrf', method: 'GET', query: { key: set }, timeout: 30, follow_redirects: true },
    ],
  },
  extraction_rules: [
    { name: 'token', source: 'body', key_path: 'data.token' },
    { name: 'region', source: 'fixed', value: set },
    { name: 'otp', source: 'totp', value: { $secret: 'missing' } },
  ],
  injection_rules: [
    { source_field: 'token', target: 'header', key: 'authorization', value_template: 'Bearer {token}', required: true },
  ],
  refresh_config: null,
  allowed_origins: ['https://out.example'],
  expired: null,
  ttl: 3600,
  refresh_before_expire: 300,
}

/** The same with every secret another one. */
let secrets = 0
const open = JSON.parse(JSON.stringify(masked), (_key, value) => {
  if (value?.$secret === undefined) return value
  secrets += 1
  return `secret-${secrets}`
}) as ProfileContent

test('every masked secret becomes a slot of its own, named by its key; what is public stays as it is', () => {
  const content = slotted(masked, open)

  assert.ok(!JSON.stringify(content).includes('$secret'))
  assert.deepEqual(
    slotsOf(content).map(({ name, kind, places }) => [name, kind, places.join()]),
    [
      ['x-api-key', 'header', 'login_config.headers.x-api-key'],
      ['key', 'query', 'login_config.query.key'],
      ['tags', 'query', 'login_config.query.tags.0'],
      ['userinfo', 'userinfo', 'login_config.userinfo'],
      ['password', 'payload', 'login_config.payload.user.password'],
      ['password_2', 'payload', 'login_config.payload.password'],
      ['key_2', 'query', 'login_config.steps.0.query.key'],
      ['region', 'fixed', 'extraction_rules.1.value'],
      ['otp', 'totp', 'extraction_rules.2.value'],
    ],
  )
  const { payload, headers } = content.login_config as { payload: Record<string, unknown>; headers: object }
  assert.deepEqual(
    [payload.csrf, headers],
    [{ $template: '{csrf}' }, { accept: 'application/json', 'x-api-key': { $slot: 'x-api-key' } }],
  )
  assert.deepEqual(content.injection_rules, masked.injection_rules)
})

test('values go to the places of their slots, and what is not given is missing', () => {
  const { login_config } = filled(slotted(masked, open), { password: 'a', password_2: 5, key: { $template: '{otp}' } })

  assert.deepEqual(login_config.payload, {
    user: { password: 'a', note: null },
    password: 5,
    csrf: { $template: '{csrf}' },
  })
  assert.deepEqual(login_config.query, { key: { $template: '{otp}' }, tags: [{ $secret: 'missing' }, null] })
  assert.deepEqual(login_config.userinfo, { $secret: 'missing' })
})

test('what several requests send at the same place is one slot, and fills all of them', () => {
  const login = { client_id: 'c', client_secret: 's', user: 'u' }
  const renewal = { client_id: 'c', client_secret: 'another', u: 'u' }
  const open = {
    ...masked,
    login_config: { ...masked.login_config, payload: login },
    refresh_config: { enabled: true, refresh_token_field: 'r', method: 'POST' as const, timeout: 30, payload: renewal },
  }
  const content = slotted(maskedContent(open), open)

  assert.deepEqual(
    slotsOf(content)
      .filter(({ kind }) => kind === 'payload')
      .map(({ name, places }) => [name, ...places]),
    [
      ['client_id', 'login_config.payload.client_id', 'refresh_config.payload.client_id'],
      ['client_secret', 'login_config.payload.client_secret'],
      ['user', 'login_config.payload.user'],
      ['client_secret_2', 'refresh_config.payload.client_secret'],
      ['u', 'refresh_config.payload.u'],
    ],
  )
  assert.deepEqual(filled(content, { client_id: 'mine' }).refresh_config?.payload?.client_id, 'mine')
})

test('a grant type of OAuth2 is told, any other text at its place and the same text elsewhere are not', () => {
  for (const [payload, told] of [
    [{ grant_type: 'client_credentials' }, { grant_type: 'client_credentials' }],
    [{ grant_type: 'secret-text' }, { grant_type: { $slot: 'grant_type' } }],
    [{ deep: { grant_type: 'password' } }, { deep: { grant_type: { $slot: 'grant_type' } } }],
    [{ word: 'password' }, { word: { $slot: 'word' } }],
  ] as const) {
    const open = { ...masked, login_config: { ...masked.login_config, payload } }

    assert.deepEqual(slotted(maskedContent(open), open).login_config.payload, told)
  }
})

test('names and values that look like slots, or like members of every object, are only names and values', () => {
  const odd = { $slot: { $slot: set }, constructor: set, '': set, $secret: set }
  const oddly = { ...masked, login_config: { ...masked.login_config, payload: odd } }
  const content = slotted(oddly, oddly)
  const { payload } = filled(content, { $slot: '{"$slot":"x"}', password: 'unused' }).login_config

  assert.deepEqual(payload, {
    $slot: { $slot: '{"$slot":"x"}' },
    constructor: { $secret: 'missing' },
    '': { $secret: 'missing' },
    $secret: { $secret: 'missing' },
  })
})
