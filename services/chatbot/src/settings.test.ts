import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { EnvError, readEnv } from '@munjigi/env'
import { SettingsEnv } from './env.ts'
import { settingsOf } from './settings.ts'

const good = {
  BASE_URL: 'https://app.example.com/api/kakao-bot/',
  RELAY_URL: 'https://app.example.com/api/auth-relay',
  RELAY_TO_CHATBOT_HMAC_SECRET: randomBytes(32).toString('hex'),
  IDP_ISSUER: 'https://sso.example.com/realms/munjigi',
  IDP_CLIENT_ID: 'kakao-bot',
  IDP_CLIENT_SECRET: 'x',
  TOKEN_ENCRYPTION_KEY: randomBytes(32).toString('base64url'),
  GATEWAY_URL: 'https://app.example.com',
  KAKAO_SKILL_SECRET: randomBytes(32).toString('hex'),
  KAKAO_BOT_ID: '5a548e36aea1a43fa851ecd9',
}
const notices = { NOTICE_AT: '08:00', NOTICE_CLIENT_ID: 'n', NOTICE_CLIENT_SECRET: 's', KAKAO_REST_API_KEY: 'k' }

const settings = (changes: Record<string, string>, development = false) =>
  settingsOf(readEnv(SettingsEnv, 'chatbot', { source: { ...good, ...changes }, development }), { development })

function faulted(changes: Record<string, string>, development = false): string {
  try {
    settings(changes, development)
    return ''
  } catch (error) {
    return (error as Error).message
  }
}

test('routes and the call-back stand under the path of BASE_URL', () => {
  const { path, callbackUrl } = settings({})

  assert.equal(path, '/api/kakao-bot')
  assert.equal(callbackUrl, 'https://app.example.com/api/kakao-bot/users/callback')
  assert.equal(settings({ BASE_URL: 'https://bot.example.com' }).path, '')
})

test('notices are off unless a time is named, and then need who sends them and how', () => {
  assert.equal(settings({}).notices, undefined)
  assert.equal(settings(notices).notices?.at, '08:00')
  for (const name of ['KAKAO_REST_API_KEY', 'NOTICE_CLIENT_ID', 'NOTICE_CLIENT_SECRET'])
    assert.match(faulted({ ...notices, [name]: '' }), new RegExp(`${name} is missing`))
  for (const at of ['8:00', '24:00', '08:60', 'morning']) assert.match(faulted({ NOTICE_AT: at }), /NOTICE_AT/)
})

test("our key at Kakao leaves by https, but in development's stand-in", () => {
  const plain = { KAKAO_EVENT_API_URL: 'http://127.0.0.1:1' }

  assert.match(faulted(plain), /KAKAO_EVENT_API_URL/)
  assert.equal(faulted(plain, true), '')
})

test('callback hosts are host or host:port and nothing else', () => {
  assert.deepEqual([...settings({}).skill.callbackHosts], ['bot-api.kakao.com'])
  assert.equal(faulted({ KAKAO_CALLBACK_HOSTS: 'a.kakao.com, b.kakao.com:8443' }), '')
  for (const host of [
    'https://a.kakao.com',
    'a.kakao.com/x',
    'A.kakao.com',
    'x@a.kakao.com',
    'a.kakao.com:443',
    '*.kakao.com/',
  ])
    assert.match(faulted({ KAKAO_CALLBACK_HOSTS: host }), /KAKAO_CALLBACK_HOSTS/, host)
})

test('keys that open nothing and files that are not there are said by name', () => {
  const both = faulted({ TOKEN_ENCRYPTION_KEY: 'a1b2c3d4e5f6'.repeat(4), GATEWAY_CA_FILE: '/nowhere.pem' })

  assert.match(both, /TOKEN_ENCRYPTION_KEY is not usable: sealing key 1/)
  assert.match(both, /GATEWAY_CA_FILE is not usable: \/nowhere\.pem cannot be read/)
})

test('a process without its settings says every one of them and ends', () => {
  const main = fileURLToPath(new URL('./main.ts', import.meta.url))
  const { status, stderr } = spawnSync(process.execPath, [main], { env: {}, encoding: 'utf8' })

  assert.equal(status, 1)
  for (const name of [...Object.keys(good), 'DATABASE_URL', 'REDIS_URL']) assert.match(stderr, new RegExp(name))
})

test('development secrets are refused in production', () => {
  const read = (development: boolean) => () =>
    readEnv(SettingsEnv, 'chatbot', {
      source: { ...good, KAKAO_SKILL_SECRET: `dev-${'a1b2c3d4e5f6'.repeat(3)}` },
      development,
    })

  assert.throws(read(false), EnvError)
  assert.doesNotThrow(read(true))
})
