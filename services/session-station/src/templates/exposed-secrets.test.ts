import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { SecretParts } from '../profiles/secret-places.ts'
import { exposedSecrets } from './exposed-secrets.ts'

const open = (payload: Record<string, unknown>, userinfo?: string): SecretParts => ({
  login_config: {
    url: 'https://out.example/',
    method: 'POST',
    timeout: 30,
    follow_redirects: true,
    payload,
    ...(userinfo !== undefined && { userinfo }),
  },
  extraction_rules: [],
  refresh_config: null,
})
const fieldsOf = (shared: object, parts: SecretParts) => exposedSecrets(shared, parts).map(({ field }) => field)

test('a secret is found in whatever public text holds it, and the message names places, never the secret', () => {
  const shared = {
    description: 'use pa%73sw0rd!',
    login_config: { url: 'https://out.example/passw0rd!/login', query: { 'x-passw0rd!': { $slot: 'q' } } },
    injection_rules: [{ value_template: 'Key passw0rd! {token}' }, { value_template: '{token}' }],
    tags: ['passw0rd!'],
  }
  const faults = exposedSecrets(shared, open({ password: 'passw0rd!' }))

  assert.deepEqual(
    faults.map(({ field }) => field),
    ['description', 'login_config.url', 'login_config.query', 'injection_rules.0.value_template', 'tags.0'],
  )
  assert.ok(faults.every(({ message }) => message === 'holds the secret at login_config.payload.password'))
})

test('a secret is found in base64 at any offset, plain or URL-safe, and percent-encoded however it is spelled', () => {
  const printable = fc.string({ minLength: 6, maxLength: 40, unit: 'grapheme' }).filter((text) => text.isWellFormed())
  fc.assert(
    fc.property(printable, fc.string(), fc.string(), (secret, before, after) => {
      const bytes = Buffer.from(before + secret + after)
      const spellings = [
        bytes.toString('base64'),
        bytes.toString('base64url'),
        encodeURIComponent(secret),
        [...Buffer.from(secret)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join(''),
        `x=${encodeURIComponent(secret).replaceAll('%20', '+')}`,
      ]
      for (const spelling of spellings) {
        assert.deepEqual(fieldsOf({ description: `a ${spelling} z` }, open({ key: secret })), ['description'], spelling)
      }
    }),
  )
})

test('the password of user:password counts by itself, and what a template says besides its fields', () => {
  assert.deepEqual(fieldsOf({ description: 'with hunter22' }, open({}, 'agent:hunter22')), ['description'])
  assert.deepEqual(fieldsOf({ description: 'with hunter22' }, open({ key: { $template: 'hunter22{csrf}' } })), [
    'description',
  ])
  assert.deepEqual(fieldsOf({ description: 'Bearer tokens' }, open({ key: { $template: 'Bearer {csrf}' } })), [])
})

test('short values, origins, slots and values that are a name of the profile are no exposed secrets', () => {
  const payload = { grant_type: 'password', password: 'other-one', user: 'agent', audience: 'https://out.example' }
  const shared = {
    description: 'for the agent, grant type password',
    login_config: {
      url: 'https://out.example/token',
      payload: { grant_type: { $slot: 'other-one' }, password: { $slot: 'password' } },
    },
    allowed_origins: ['https://out.example'],
  }

  assert.deepEqual(exposedSecrets(shared, open(payload)), [])
})
