import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, test } from 'node:test'
import { failingDatabase } from '@munjigi/testing/failing-database'
import { newProfile } from './profiles/profiles.fixture.ts'
import { WrongKeyError } from './sealing-check.ts'
import { testService } from './service.fixture.ts'

const service = await testService()
after(service.close)
await service.app.ready()

const newKey = () => randomBytes(32).toString('base64url')
const withKeys = (keys: string) => ({ env: { SESSION_STATION_ENCRYPTION_KEY: keys } })

test('a ring without the key of the database refuses the start', async () => {
  await assert.rejects(async () => service.start(withKeys(newKey())).ready(), WrongKeyError)
})

test('a ring in which that key stands at any place starts', async () => {
  await service.start(withKeys(`${newKey()},${service.encryptionKey}`)).ready()
})

test('of several first starts under different keys the database knows one', async () => {
  await service.db.deleteFrom('sealing_check').execute()
  const keys = [service.encryptionKey, newKey(), newKey()]
  const starts = await Promise.allSettled(keys.map(async (key) => service.start(withKeys(key)).ready()))

  assert.equal(starts.filter(({ status }) => status === 'fulfilled').length, 1)
  await service.db.deleteFrom('sealing_check').execute()
  await service.start().ready()
})

test('a database that is away does not hinder the start, and nothing is sealed before it was looked at', async () => {
  let isAway = true
  const database = failingDatabase(service.database, (statement) => isAway && statement.includes('sealing_check'))
  const app = service.start({ database })
  await app.ready()
  const lee = service.as('lee', {}, app)

  assert.equal((await app.inject('/readyz')).json().checks['session-station-sealing'], 'failed')
  const answer = await lee('POST', '/auth-profiles', newProfile('early'))
  assert.deepEqual([answer.statusCode, answer.json().type], [503, '/problems/unavailable'])

  isAway = false
  assert.equal((await app.inject('/readyz')).statusCode, 200)
  assert.equal((await lee('POST', '/auth-profiles', newProfile('early'))).statusCode, 201)
})

test('where the keys then turn out to be wrong, everything is refused', async () => {
  let isAway = true
  const database = failingDatabase(service.database, (statement) => isAway && statement.includes('sealing_check'))
  const app = service.start({ database, ...withKeys(newKey()) })
  await app.ready()
  isAway = false
  assert.equal((await app.inject('/readyz')).json().checks['session-station-sealing'], 'failed')

  const lee = service.as('lee', {}, app)
  for (const answer of [await lee('POST', '/auth-profiles', newProfile('late')), await lee('GET', '/auth-profiles')])
    assert.deepEqual([answer.statusCode, answer.json().type], [503, '/problems/sealing-key-wrong'])
})
