import assert from 'node:assert/strict'
import { after, before, type TestContext, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { keyRing } from '@munjigi/sealing/fernet'
import { decodeJwt } from 'jose'
import type { UserDeps } from '../deps.ts'
import { signingKeys } from '../keys/signing-keys.ts'
import { type TestPasswords, testPasswords } from '../passwords/passwords.fixture.ts'
import { findPerson, lockPerson, type PersonRow } from '../people/person-rows.ts'
import { insertSession } from '../sessions/new-session.ts'
import { type Opening, openSession } from '../sessions/open-session.ts'
import { issueAccessToken } from './access-token.ts'

let house: TestPasswords
before(async () => {
  house = await testPasswords()
})
after(() => house.service.close())

const dependencies = (t: TestContext) => {
  const { db, sealingKey } = house.service
  const keys = signingKeys({ db, sealing: keyRing(sealingKey), log: console as never })
  t.after(keys.close)
  const settings = { refreshTtl: 60, maxSessionsPerPerson: 10, platformIssuer: 'https://us', platformAudience: 'us' }
  return { db, keys, settings } as unknown as UserDeps
}

const GLOBAL_ADMIN = { role: 'ADMIN', realm_access: JSON.stringify({ roles: ['global_admin'] }) }
/** What is left of it. */
const NO_ADMIN = { role: 'USER', realm_access: JSON.stringify({ roles: [] }) }

function rightsIn(token: string) {
  const { role, realm_access } = decodeJwt(token)
  return { role, realm_access: JSON.stringify(realm_access) }
}

test('rights that changed again before the second of a token began are not the old ones in it', async (t) => {
  const changedAt = Math.floor(Date.now() / 1000)
  t.mock.timers.enable({ apis: ['Date'], now: changedAt * 1000 + 900 })
  const deps = dependencies(t)
  const { db } = deps
  const { sub } = await house.person({ ...GLOBAL_ADMIN, rights_changed_at: changedAt })
  const caller = { address: '192.0.2.1', user_agent: '', request_id: 'request' }
  const opened = await openSession(
    deps,
    { way: 'password', accessTtl: 60, caller, insert: insertSession },
    async (trx) => (await lockPerson(trx, sub)) as PersonRow,
  )
  const demoted = { ...NO_ADMIN, rights_changed_at: changedAt }
  await db.updateTable('people').set(demoted).where('sub', '=', sub).execute()
  t.mock.timers.tick(200)

  const token = await issueAccessToken(deps, opened.person, opened.facts, opened.rights)
  assert.equal(decodeJwt(token).iat, changedAt + 1)
  assert.deepEqual(rightsIn(token), NO_ADMIN)
})

test('rights that were read before the second of a token began are not in it, however late their answer came', async (t) => {
  const changedAt = Math.floor(Date.now() / 1000)
  t.mock.timers.enable({ apis: ['Date'], now: changedAt * 1000 + 900 })
  const deps = dependencies(t)
  const { sub } = await house.person({ ...GLOBAL_ADMIN, rights_changed_at: changedAt })
  const opening: Opening = {
    way: 'password',
    accessTtl: 60,
    caller: { address: '192.0.2.1', user_agent: '', request_id: 'request' },
    async insert(trx, session) {
      const rows = await insertSession(trx, session)
      t.mock.timers.setTime((changedAt + 1) * 1000)
      return rows
    },
  }
  const opened = await openSession(deps, opening, async (trx) => (await lockPerson(trx, sub)) as PersonRow)
  const demoted = { ...NO_ADMIN, rights_changed_at: changedAt }
  await deps.db.updateTable('people').set(demoted).where('sub', '=', sub).execute()

  const token = await issueAccessToken(deps, opened.person, opened.facts, opened.rights)
  assert.equal(decodeJwt(token).iat, changedAt + 1)
  assert.deepEqual(rightsIn(token), NO_ADMIN)
})

test('a token waits for the change of its person that is under way, which would be told by nothing later', async (t) => {
  const deps = dependencies(t)
  const iat = Math.floor(Date.now() / 1000)
  const { sub } = await house.person(GLOBAL_ADMIN)
  const person = (await findPerson(deps.db, sub)) as PersonRow
  const { promise: mayEnd, resolve: end } = Promise.withResolvers<void>()
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>()
  const change = deps.db.transaction().execute(async (trx) => {
    const changed = { ...NO_ADMIN, rights_changed_at: iat - 1 }
    await trx.updateTable('people').set(changed).where('sub', '=', sub).execute()
    begin()
    await mayEnd
  })
  await begun
  const issued = issueAccessToken(deps, person, { iat, exp: iat + 60, sid: 'sid' })
  // As long as it takes to read the rights of before, where nothing is waited for.
  await Promise.race([issued, delay(100)])
  end()

  assert.deepEqual(rightsIn(await issued), NO_ADMIN)
  await change
})
