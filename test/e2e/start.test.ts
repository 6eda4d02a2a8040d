import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startProgram } from './own-process.ts'

/** Each program with the variables that it cannot do without. */
const PROGRAMS: [main: string, required: string[]][] = [
  ['gateway/src/main.ts', ['PLATFORM_ISSUER', 'INTERNAL_KEY']],
  [
    'services/user/src/main.ts',
    ['DATABASE_URL', 'REDIS_URL', 'USER_SEALING_KEY', 'INTERNAL_KEYS', 'PLATFORM_ISSUER', 'FRONTEND_BASE_URL'].concat([
      'SP_REDIRECT_URL',
      'IDP_CLIENT_ID',
    ]),
  ],
  ['services/meal/src/main.ts', ['DATABASE_URL', 'PLATFORM_ISSUER', 'USER_URL']],
  ['services/case/src/main.ts', ['DATABASE_URL', 'REDIS_URL', 'PLATFORM_ISSUER', 'USER_URL', 'INTERNAL_KEY']],
  ['services/trace/src/main.ts', ['DATABASE_URL', 'REDIS_URL', 'PLATFORM_ISSUER', 'USER_URL']],
  [
    'services/auth-relay/src/main.ts',
    ['BASE_URL', 'JWT_SECRET', 'RELAY_TO_CHATBOT_HMAC_SECRET', 'REDIS_URL', 'CLIENTS_FILE'],
  ],
  [
    'services/chatbot/src/main.ts',
    ['DATABASE_URL', 'REDIS_URL', 'BASE_URL', 'RELAY_URL', 'RELAY_TO_CHATBOT_HMAC_SECRET', 'IDP_ISSUER'].concat([
      'IDP_CLIENT_ID',
      'IDP_CLIENT_SECRET',
      'TOKEN_ENCRYPTION_KEY',
      'GATEWAY_URL',
      'KAKAO_SKILL_SECRET',
      'KAKAO_BOT_ID',
    ]),
  ],
  [
    'services/session-station/src/main.ts',
    ['DATABASE_URL', 'REDIS_URL', 'SESSION_STATION_ENCRYPTION_KEY', 'PLATFORM_ISSUER', 'USER_URL'],
  ],
  ['infra/host/src/main.ts', ['HOST_SERVICES']],
  ['services/console/src/main.ts', ['GATEWAY_URL', 'PLATFORM_ISSUER']],
  ...['user', 'meal', 'case', 'trace', 'chatbot', 'session-station'].map((name): [string, string[]] => [
    `services/${name}/src/migrate.ts`,
    ['MIGRATION_DATABASE_URL'],
  ]),
]

for (const [main, required] of PROGRAMS)
  test(`${main} without an environment says every variable that is missing, and ends`, async () => {
    const { exited, written } = startProgram(main)

    assert.equal(await exited, 1)
    for (const name of required) assert.match(written(), new RegExp(`\\b${name} is missing`))
    assert.doesNotMatch(written(), /^\s+at /m)
  })

test('a host says what each of its services lacks, and which it does not know, at once', async () => {
  const { exited, written } = startProgram('infra/host/src/main.ts', { HOST_SERVICES: 'user,session-station,toString' })

  assert.equal(await exited, 1)
  for (const fault of [
    /user: USER_SEALING_KEY is missing/,
    /session-station: SESSION_STATION_ENCRYPTION_KEY is missing/,
    /HOST_SERVICES: toString is none of user, meal/,
  ])
    assert.match(written(), fault)
})

const KEY = 'dev-internal-key-0123456789abcdefghij'
const USER_ENV = {
  DATABASE_URL: 'postgres://user@127.0.0.1:1/munjigi',
  REDIS_URL: 'redis://127.0.0.1:1',
  USER_SEALING_KEY: 'munjigi-dev-sealing-key-0123456789abcdefgh=',
  INTERNAL_KEYS: `gateway:${KEY}`,
  PLATFORM_ISSUER: 'https://app.example.com',
  FRONTEND_BASE_URL: 'https://app.example.com',
  SP_REDIRECT_URL: 'https://app.example.com/api/auth/callback/',
  IDP_ISSUER: 'https://sso.example.com/realms/munjigi',
  IDP_CLIENT_ID: 'sso',
  IDP_CLIENT_SECRET: 'x',
}

for (const more of [{}, { NODE_ENV: 'development', MUNJIGI_ENV: 'development', DEVELOPMENT: 'true' }])
  test(`development secrets are refused, whatever the environment calls itself: ${JSON.stringify(more)}`, async () => {
    const gateway = startProgram('gateway/src/main.ts', {
      PLATFORM_ISSUER: 'https://app.example.com',
      INTERNAL_KEY: KEY,
      ...more,
    })
    const user = startProgram('services/user/src/main.ts', { ...USER_ENV, ...more })

    assert.deepEqual(await Promise.all([gateway.exited, user.exited]), [1, 1])
    assert.match(gateway.written(), /INTERNAL_KEY is a development or guessable value/)
    for (const name of ['USER_SEALING_KEY', 'INTERNAL_KEYS'])
      assert.match(user.written(), new RegExp(`${name} is a development or guessable value`))
  })
