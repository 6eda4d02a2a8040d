import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Type } from 'typebox'
import { EnvError, readEnv, Secret } from './env.ts'

const Env = Type.Object({
  DATABASE_URL: Type.String({ pattern: '^postgres', description: 'address of the database' }),
  LOG_LEVEL: Type.Enum(['debug', 'info'], { default: 'info' }),
  PORT: Type.Integer({ default: 4002, minimum: 0, maximum: 65535 }),
  ALLOW_IT: Type.Boolean({ default: false }),
  SEALING_KEY: Secret('seals what is at rest'),
  NOTE: Type.Optional(Type.String()),
})
const strong = 'Zx81-kJ3p_qW0vB7nM5tY2rE9uI6oA4sD1fG8hL'
const good = { DATABASE_URL: 'postgres://x', SEALING_KEY: strong }

test('defaults apply, numbers and booleans are read as such', () => {
  const env = readEnv(Env, undefined, { source: { ...good, PORT: '80', ALLOW_IT: 'true', NOTE: '' } })

  assert.deepEqual(env, { ...good, LOG_LEVEL: 'info', PORT: 80, ALLOW_IT: true })
})

test('a number is whole as it is written, and is not made so', () => {
  assert.equal(readEnv(Env, undefined, { source: { ...good, PORT: ' 80.0' } }).PORT, 80)
  for (const PORT of ['80.5', 'true', '0x50', '8e1', '99999'])
    assert.throws(() => readEnv(Env, undefined, { source: { ...good, PORT } }), /PORT is not usable/, PORT)
})

test("a service's own name goes before the shared one", () => {
  const source = { ...good, PORT: '80', SESSION_STATION_PORT: '81' }

  assert.equal(readEnv(Env, 'session-station', { source }).PORT, 81)
})

test('every fault is listed at once with its variable', () => {
  const read = () => readEnv(Env, 'user', { source: { USER_PORT: 'eighty', LOG_LEVEL: 'loud', ALLOW_IT: 'perhaps' } })

  assert.throws(read, (error: EnvError) => {
    const text = error.faults.join('\n')
    for (const name of ['DATABASE_URL', 'USER_PORT', 'LOG_LEVEL', 'ALLOW_IT', 'SEALING_KEY'])
      assert.match(text, new RegExp(name))
    assert.equal(error.faults.length, 5)
    return true
  })
})

test('development and short secrets are refused in production', () => {
  for (const SEALING_KEY of [
    'short',
    'dev-only-secret-that-is-long-enough-0123456789',
    'a'.repeat(40),
    `${strong},dev-secret-that-is-second-in-the-ring`,
    `gateway:${strong}, case:dev-secret-that-has-a-name-before-it`,
  ])
    assert.throws(() => readEnv(Env, undefined, { source: { ...good, SEALING_KEY } }), EnvError)
})

test('development accepts a development secret, by argument only', () => {
  const SEALING_KEY = 'dev-only-secret-that-is-long-enough-0123456789'

  assert.equal(
    readEnv(Env, undefined, { source: { ...good, SEALING_KEY }, development: true }).SEALING_KEY,
    SEALING_KEY,
  )
  assert.throws(() =>
    readEnv(Env, undefined, { source: { ...good, SEALING_KEY, development: 'true', NODE_ENV: 'development' } }),
  )
})
