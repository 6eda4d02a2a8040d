import assert from 'node:assert/strict'
import { randomBytes, randomUUID } from 'node:crypto'
import { after, test } from 'node:test'
import { keyRing } from '@munjigi/sealing/fernet'
import { sealedText } from '@munjigi/sealing/sealed-text'
import { failingDatabase } from '@munjigi/testing/failing-database'
import { testUpstream } from '@munjigi/testing/upstream'
import { newProfile } from '../profiles/profiles.fixture.ts'
import { WrongKeyError } from '../sealing-check.ts'
import { testService } from '../service.fixture.ts'
import { servingHandle } from '../serving-handle.ts'
import { resealAll } from './resealing.ts'

let logins = 0
const target = await testUpstream((_request, response) => {
  logins += 1
  response.setHeader('content-type', 'application/json').end(`{"data":{"token":"t-${logins}"}}`)
})
after(() => target.close())

const PROFILES = 120

/** Three at once: whom a busy machine lets wait for a connection, or for its answer, is told that the database is away. */
async function fewAtOnce<Result>(ids: string[], work: (id: string) => Promise<Result>): Promise<Result[]> {
  const results: Result[] = []
  for (let start = 0; start < ids.length; start += 3)
    results.push(...(await Promise.all(ids.slice(start, start + 3).map(work))))
  return results
}

/** A service under an old key with profiles and logins, and the ring that comes after it. */
async function rotation() {
  const service = await testService()
  const newKey = randomBytes(32).toString('base64url')
  const ring = `${newKey},${service.encryptionKey}`
  const ids = Array.from({ length: PROFILES }, () => randomUUID())
  const lee = service.as('lee')
  const login_config = { url: `${target.url}/login`, payload: { username: 'kim', password: 'p-4711' } }
  const made = await fewAtOnce(ids, (id) => lee('POST', '/auth-profiles', newProfile(id, { login_config })))
  assert.ok(made.every(({ statusCode }) => statusCode === 201))
  const [first = ''] = ids
  await lee('GET', `/auth-context/${first}`)
  return {
    ...service,
    ids,
    first,
    ring,
    sealing: sealedText(keyRing(ring)),
    under: (keys: string) => service.start({ env: { SESSION_STATION_ENCRYPTION_KEY: keys } }),
    newKey,
    passwordsUnder: async (keys: string) => {
      const app = service.start({ env: { SESSION_STATION_ENCRYPTION_KEY: keys } })
      const answers = await fewAtOnce(ids, (id) => service.as('lee', {}, app)('GET', `/revealed/${id}`))
      return new Set(answers.map((answer) => answer.json().profile?.login_config.payload.password))
    },
  }
}

test('after rotation the new key alone opens everything, generations and logins stay', async (t) => {
  const house = await rotation()
  t.after(house.close)
  const generations = () => house.db.selectFrom('auth_profiles').select(['id', 'generation']).orderBy('id').execute()
  const before = await generations()
  await assert.rejects(async () => house.under(house.newKey).ready(), WrongKeyError)

  const made = logins
  assert.deepEqual(await resealAll(house.db, house.sealing), { profiles: PROFILES, contexts: 1, unreadable: [] })
  assert.deepEqual(await resealAll(house.db, house.sealing), { profiles: 0, contexts: 0, unreadable: [] })
  assert.deepEqual(await house.passwordsUnder(house.newKey), new Set(['p-4711']))
  assert.deepEqual(await generations(), before)
  const answer = await house.as('lee', {}, house.under(house.newKey))('GET', `/auth-context/${house.first}`)
  assert.equal(answer.statusCode, 200)
  assert.equal(logins, made)
})

test('a rotation that was cut off goes on, and the old key is needed until it is done', async (t) => {
  const house = await rotation()
  t.after(house.close)
  let updates = 0
  const cut = failingDatabase(
    house.database,
    (statement) => /UpdateQueryNode.*auth_profiles/.test(statement) && ++updates > 30,
  )
  await assert.rejects(resealAll(servingHandle(cut), house.sealing), /away/)
  await assert.rejects(async () => house.under(house.newKey).ready(), WrongKeyError)

  assert.deepEqual(await resealAll(house.db, house.sealing), { profiles: PROFILES - 30, contexts: 1, unreadable: [] })
  assert.deepEqual(await house.passwordsUnder(house.newKey), new Set(['p-4711']))
})

test('what people change while it runs stays as they changed it', async (t) => {
  const house = await rotation()
  t.after(house.close)
  const lee = house.as('lee', {}, house.under(house.ring))
  const change = (id: string) => lee('PUT', `/auth-profiles/${id}`, { login_config: { payload: { otp: `o-${id}` } } })
  const [answers] = await Promise.all([fewAtOnce(house.ids, change), resealAll(house.db, house.sealing)])
  assert.deepEqual(new Set(answers.map(({ statusCode }) => statusCode)), new Set([200]))

  const app = house.under(house.newKey)
  for (const id of house.ids) {
    const { profile } = (await house.as('lee', {}, app)('GET', `/revealed/${id}`)).json()
    assert.deepEqual(profile.login_config.payload, { username: 'kim', password: 'p-4711', otp: `o-${id}` })
  }
})

test('what no key opens is named and left as it is, and the old key stays needed', async (t) => {
  const house = await rotation()
  t.after(house.close)
  const foreign = sealedText(keyRing(randomBytes(32).toString('base64url'))).seal('"x"', 'elsewhere')
  const login_config = JSON.stringify({
    url: target.url,
    method: 'POST',
    payload: { password: foreign },
    timeout: 30,
    follow_redirects: true,
  })
  await house.db.updateTable('auth_profiles').set({ login_config }).where('service_id', '=', house.first).execute()

  const { profiles, unreadable } = await resealAll(house.db, house.sealing)
  assert.deepEqual([profiles, unreadable.length], [PROFILES - 1, 1])
  await assert.rejects(async () => house.under(house.newKey).ready(), WrongKeyError)
  await house.under(house.ring).ready()
})
