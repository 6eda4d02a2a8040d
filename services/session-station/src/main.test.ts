import assert from 'node:assert/strict'
import { randomBytes, randomUUID } from 'node:crypto'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { endProcess, startProcess } from '@munjigi/testing/own-process'
import { newProfile } from './profiles/profiles.fixture.ts'
import { testService } from './service.fixture.ts'

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url))
const newKey = () => randomBytes(32).toString('base64url')
const good = {
  SESSION_STATION_ENCRYPTION_KEY: newKey(),
  PLATFORM_ISSUER: 'https://platform.example',
  USER_URL: 'http://127.0.0.1:1',
  DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none',
  REDIS_URL: 'redis://127.0.0.1:1',
  PORT: '0',
}

function run(t: TestContext, variables: Record<string, string>, ...words: string[]) {
  const station = startProcess(MAIN, { ...good, ...variables }, words)
  t.after(() => endProcess(station))
  return { ...station, exit: station.exited.then((code) => ({ code, written: station.written() })) }
}

/** The end of one that must not start. On a busy machine it may take its database for away: then another one is started. */
async function refused(t: TestContext, variables: Record<string, string>): ReturnType<typeof run>['exit'] {
  const station = run(t, variables)
  const isAway = station.listening().then(() => undefined)
  const ended = await Promise.race([station.exit, isAway])
  return ended ?? refused(t, variables)
}

test('a missing, short or mistyped key and whatever else is wrong are printed, and nothing is served', async (t) => {
  const cases: [Record<string, string>, RegExp[]][] = [
    [{ SESSION_STATION_ENCRYPTION_KEY: '' }, [/SESSION_STATION_ENCRYPTION_KEY is missing/]],
    [{ SESSION_STATION_ENCRYPTION_KEY: 'short' }, [/SESSION_STATION_ENCRYPTION_KEY is not usable/]],
    [
      {
        SESSION_STATION_ENCRYPTION_KEY: `${newKey()}x`,
        EGRESS_ALLOW: '10.0.0.300',
        EGRESS_NAME_SERVERS: 'dns.example',
      },
      [
        /SESSION_STATION_ENCRYPTION_KEY is not usable/,
        /EGRESS_ALLOW: "10\.0\.0\.300"/,
        /EGRESS_NAME_SERVERS is not usable/,
      ],
    ],
  ]
  for (const [variables, texts] of cases) {
    const { code, written } = await run(t, variables).exit
    assert.equal(code, 1)
    for (const text of texts) assert.match(written, text)
    assert.ok(!/ at .*\.ts:\d+/.test(written), written)
  }
})

test('rotate-keys asks for the keys and the database, and for nothing else', async (t) => {
  const variables = { SESSION_STATION_ENCRYPTION_KEY: '', DATABASE_URL: '' }
  const others = { PLATFORM_ISSUER: '', USER_URL: '', REDIS_URL: '' }
  const { code, written } = await run(t, { ...variables, ...others }, 'rotate-keys').exit

  assert.equal(code, 1)
  assert.deepEqual(
    [...written.matchAll(/^ {2}(\S+) is missing/gm)].map(([, name]) => name),
    Object.keys(variables),
  )
})

test('a command that it does not know is told those it has, and nothing is served', async (t) => {
  const { code, written } = await run(t, {}, 'rotate-key').exit

  assert.equal(code, 1)
  assert.match(written, /^usage: .*rotate-keys/)
})

test('it starts while database and store are away, says so, and ends when it is told to', async (t) => {
  const station = run(t, {})
  const url = await station.listening()

  assert.equal((await fetch(`${url}/healthz`)).status, 200)
  const ready = await fetch(`${url}/readyz`)
  assert.equal(ready.status, 503)
  assert.match(await ready.text(), /"session-station-sealing":"failed"/)
  station.child.kill('SIGTERM')
  assert.equal((await station.exit).code, 0)
})

test('without its database rotate-keys says so and ends', async (t) => {
  const { code, written } = await run(t, {}, 'rotate-keys').exit

  assert.equal(code, 1)
  assert.match(written, /ECONNREFUSED/)
  assert.ok(!/ at .*\.ts:\d+/.test(written), written)
})

test('another key than the database was written under ends the start; rotate-keys makes it the one', async (t) => {
  const service = await testService()
  t.after(service.close)
  if (service.databaseUrl === undefined) return t.skip('a process of its own needs a PostgreSQL')
  await service.as('lee')('POST', '/auth-profiles', newProfile(randomUUID()))
  const database = { DATABASE_URL: service.databaseUrl }
  const key = newKey()

  const { code, written } = await refused(t, { ...database, SESSION_STATION_ENCRYPTION_KEY: key })
  assert.equal(code, 1)
  assert.match(written, /SESSION_STATION_ENCRYPTION_KEY holds none of the keys/)
  assert.ok(!/ at .*\.ts:\d+/.test(written), written)

  const ring = `${key},${service.encryptionKey}`
  const rotated = await run(t, { ...database, SESSION_STATION_ENCRYPTION_KEY: ring }, 'rotate-keys').exit
  assert.deepEqual(rotated, { code: 0, written: 'Sealed anew under the first key: 1 profiles, 0 logins.\n' })
  const station = run(t, { ...database, SESSION_STATION_ENCRYPTION_KEY: key })
  assert.equal((await fetch(`${await station.listening()}/healthz`)).status, 200)
})
