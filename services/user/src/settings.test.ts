import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { EnvError, readEnv } from '@munjigi/env'
import { SettingsEnv } from './env.ts'
import { settingsOf } from './settings.ts'

const good = {
  USER_SEALING_KEY: randomBytes(32).toString('base64url'),
  INTERNAL_KEYS: `gateway:${randomBytes(32).toString('hex')}`,
  PLATFORM_ISSUER: 'https://app.example.com:9050',
  FRONTEND_BASE_URL: 'https://app.example.com',
  SP_REDIRECT_URL: 'https://app.example.com:9050/api/auth/callback/',
  IDP_ISSUER: 'https://sso.example.com/realms/munjigi',
  IDP_CLIENT_ID: 'sso',
  IDP_CLIENT_SECRET: 'x',
}

const settings = (changes: Record<string, string>, development = false) =>
  settingsOf(readEnv(SettingsEnv, 'user', { source: { ...good, ...changes }, development }), { development })

const faulted = (changes: Record<string, string>, development = false): string[] => {
  try {
    settings(changes, development)
  } catch (error) {
    if (error instanceof EnvError) return error.faults
    return [(error as Error).message]
  }
  return []
}

test('lists are trimmed and lives have the defaults of the contract', () => {
  const { initialAdminIds, internalKeys, accessTtl, urlTokenTtl, refreshTtl, delivery } = settings({
    INITIAL_ADMIN_IDS: ' syngha.han , biend.i ,,',
    INTERNAL_KEYS: `gateway:${'a1b2c3d4e5f6'.repeat(3)}, gateway:${'f6e5d4c3b2a1'.repeat(3)}:x`,
  })

  assert.deepEqual([...initialAdminIds], ['syngha.han', 'biend.i'])
  assert.deepEqual(
    internalKeys.map(({ name }) => name),
    ['gateway', 'gateway'],
  )
  assert.ok(internalKeys[1]?.key.endsWith(':x'))
  assert.deepEqual([accessTtl, urlTokenTtl, refreshTtl, delivery], [900, 43_200, 604_800, 'code'])
})

test('production refuses tokens in addresses unless they are allowed by name', () => {
  const token = { SSO_TOKEN_DELIVERY: 'token' }

  assert.match(faulted(token)[0] ?? '', /ALLOW_TOKEN_IN_URL/)
  assert.deepEqual(faulted({ ...token, ALLOW_TOKEN_IN_URL: 'true' }), [])
  assert.deepEqual(faulted(token, true), [])
})

test('a front end on plain http needs ?token=, save on localhost', () => {
  const plain = { FRONTEND_BASE_URL: 'http://10.0.0.5:9060' }

  assert.match(faulted(plain)[0] ?? '', /SSO_TOKEN_DELIVERY/)
  assert.deepEqual(faulted({ ...plain, SSO_TOKEN_DELIVERY: 'token', ALLOW_TOKEN_IN_URL: 'true' }), [])
  assert.deepEqual(faulted({ FRONTEND_BASE_URL: 'http://localhost:9060' }), [])
})

test('one of the two ways to know the IdP is whole', () => {
  assert.match(faulted({ IDP_CLIENT_SECRET: '' })[0] ?? '', /IDP_CLIENT_SECRET/)
  assert.match(faulted({ IDP_ENTITY_ID: 'https://sso.example.com/login' })[0] ?? '', /exclude/)
  const neither = faulted({ IDP_ISSUER: '' })
  assert.deepEqual(
    [neither.length, neither[0]?.split(' ')[0], neither[1]?.split(' ')[0]],
    [2, 'IDP_ENTITY_ID', 'IDP_TOKEN_ISSUER'],
  )
  const certificate = { IDP_ISSUER: '', IDP_ENTITY_ID: 'https://sso.example.com/login', IDP_TOKEN_ISSUER: 'sso' }
  assert.match(faulted({ ...certificate, IDP_CERT_FILE: '/nowhere/cert.cer' })[0] ?? '', /IDP_CERT_FILE.*\/nowhere/)
})

test('a mail API is an endpoint and its key or neither, as empty in compose, and its template puts everything in', () => {
  const api = { INTERNAL_MAIL_API_ENDPOINT: 'https://mail.example.com/send', INTERNAL_MAIL_API_KEY: 'key' }
  const mail = { to: ['a@example.com'], subject: 's', html: 'h' }
  const empty = { INTERNAL_MAIL_API_ENDPOINT: '', INTERNAL_MAIL_API_KEY: '', INTERNAL_MAIL_BODY_TEMPLATE: '' }

  assert.equal(settings(empty).mail, undefined)
  assert.deepEqual(JSON.parse(settings(api).mail?.bodyOf(mail) ?? ''), mail)
  for (const name of Object.keys(api)) assert.match(faulted({ ...api, [name]: '' })[0] ?? '', new RegExp(`^${name} `))
  assert.match(faulted({ ...api, INTERNAL_MAIL_BODY_TEMPLATE: '{}' })[0] ?? '', /^INTERNAL_MAIL_BODY_TEMPLATE .*\{to\}/)
})

test('a sealing key that is none names its variable', () => {
  assert.match(faulted({ USER_SEALING_KEY: randomBytes(40).toString('hex') })[0] ?? '', /^USER_SEALING_KEY .*32 bytes/)
})

test('an internal key without a name, or shorter than 32 characters, is refused without being shown', () => {
  const faults = faulted({ INTERNAL_KEYS: `${randomBytes(32).toString('hex')},gateway:short-one-2345` })

  assert.equal(faults.length, 2)
  assert.ok(!faults.join().includes('short-one'))
})

test('a process without its variables says all that is missing, starts nothing and exits 1', () => {
  const main = fileURLToPath(new URL('main.ts', import.meta.url))
  const { status, stderr } = spawnSync(process.execPath, [main], { env: {}, encoding: 'utf8' })

  assert.equal(status, 1)
  for (const name of ['DATABASE_URL', 'REDIS_URL', 'USER_SEALING_KEY', 'INTERNAL_KEYS', 'PLATFORM_ISSUER'])
    assert.ok(stderr.includes(`${name} is missing`), name)
})
