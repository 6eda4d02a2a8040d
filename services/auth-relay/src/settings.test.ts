import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EnvError, readEnv } from '@munjigi/env'
import { SettingsEnv } from './env.ts'
import { settingsOf } from './settings.ts'

const good = {
  BASE_URL: 'https://relay.example.com',
  JWT_SECRET: 'a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6',
  RELAY_TO_CHATBOT_HMAC_SECRET: 'z9Y8x7W6v5U4t3S2r1Q0p9O8n7M6l5K4',
}
const read = (change: Record<string, string>) =>
  settingsOf(readEnv(SettingsEnv, 'auth-relay', { source: { ...good, ...change } }))

test('where BASE_URL points is where the routes stand', () => {
  const expected: [string, string, string][] = [
    ['https://relay.example.com', 'https://relay.example.com', ''],
    ['https://Relay.example.com:443/', 'https://relay.example.com', ''],
    ['https://example.com/relay', 'https://example.com/relay', '/relay'],
    ['https://example.com/api/auth-relay/', 'https://example.com/api/auth-relay', '/api/auth-relay'],
    ['http://localhost:9050/relay', 'http://localhost:9050/relay', '/relay'],
  ]
  for (const [BASE_URL, baseUrl, basePath] of expected) {
    const settings = read({ BASE_URL })
    assert.deepEqual([settings.baseUrl, settings.basePath], [baseUrl, basePath])
  }
})

test('a BASE_URL that is no plain address, or lets codes be read on the way, is refused', () => {
  for (const BASE_URL of [
    'relay.example.com',
    'ftp://relay.example.com',
    'http://relay.example.com',
    'https://user@relay.example.com',
    'https://relay.example.com?x',
    'https://relay.example.com/#x',
    'https://relay.example.com/:lit',
    'https://relay.example.com/*',
    'https://relay.example.com//x',
    'https://relay.example.com:99999',
    'https://[::1',
    'https://%zz/',
  ])
    assert.throws(() => read({ BASE_URL }), EnvError, BASE_URL)
})

test('source 001 has its defaults, and the secrets none', () => {
  const settings = read({})
  assert.deepEqual([settings.stateTtlSeconds, settings.callbackTimeoutSeconds], [600, 8])
  assert.deepEqual([settings.allowUnsignedIssue, settings.kakaoAdminKey], [false, undefined])
  for (const name of ['BASE_URL', 'JWT_SECRET', 'RELAY_TO_CHATBOT_HMAC_SECRET'])
    assert.throws(() => read({ [name]: '' }), new RegExp(`${name} is missing`))
})

test("source 001's development secrets, and one secret for both uses, are refused", () => {
  assert.throws(() => read({ JWT_SECRET: 'dev-secret-please-change' }), /JWT_SECRET/)
  assert.throws(
    () => read({ RELAY_TO_CHATBOT_HMAC_SECRET: 'dev-hmac-secret-please-change' }),
    /RELAY_TO_CHATBOT_HMAC_SECRET/,
  )
  assert.throws(() => read({ JWT_SECRET: good.RELAY_TO_CHATBOT_HMAC_SECRET }), /could make login links/)
})
