import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, beforeEach, mock, test } from 'node:test'
import { keyRing } from '@munjigi/sealing/fernet'
import { createLogger } from '@munjigi/server/logger'
import { type TestDatabase, testDatabase } from '@munjigi/testing/database'
import { migrationPlan } from '../migrations/plan.ts'
import { servingHandle } from '../serving-handle.ts'
import { type SigningKeys, signingKeys } from './signing-keys.ts'
import { sweepSigningKeys } from './sweep.ts'

const LEAD_MS = 600_000
const DAY_MS = 86_400_000
const ring = randomBytes(32).toString('base64url')
const log = createLogger('test', 'silent')

let testing: TestDatabase
const started: SigningKeys[] = []
before(async () => {
  testing = await testDatabase(migrationPlan)
})
after(async () => {
  for (const keys of started) keys.close()
  await testing.close()
})
beforeEach(async () => {
  mock.timers.reset()
  await servingHandle(testing.database).deleteFrom('signing_keys').execute()
})

/** The keys as a process that starts now has them. */
function start(keys = ring): SigningKeys {
  const process = signingKeys({ db: servingHandle(testing.database), sealing: keyRing(keys), log })
  started.push(process)
  return process
}
const kidsOf = async (keys: SigningKeys) => (await keys.publicKeys()).keys.map(({ kid }) => kid)

test('processes that start at once share one key for each purpose', async () => {
  const processes = Array.from({ length: 5 }, () => start())
  const kids = await Promise.all(processes.map(async (keys) => [(await keys.access()).kid, (await keys.refresh()).kid]))

  assert.equal(new Set(kids.map((pair) => pair.join())).size, 1)
  assert.deepEqual(await kidsOf(start()), [kids[0]?.[0]])
})

test('a new key is published at once, signs after ten minutes, and the old one stays published', async () => {
  mock.timers.enable({ apis: ['Date'], now: Date.now() })
  const keys = start()
  const old = (await keys.access()).kid
  await keys.rotate()
  assert.equal((await keys.access()).kid, old)
  assert.equal((await kidsOf(keys)).length, 2)
  assert.ok((await kidsOf(keys)).includes(old))
  mock.timers.tick(LEAD_MS)

  assert.notEqual((await keys.access()).kid, old)
  assert.ok((await kidsOf(start())).includes(old))
})

test('two rotations at once, by two processes, are one', async () => {
  const [one, two] = [start(), start()]
  await Promise.all([one.access(), two.access()])
  await Promise.all([one.rotate(), two.rotate()])

  assert.equal((await kidsOf(start())).length, 2)
})

test('a key is replaced by age', async () => {
  mock.timers.enable({ apis: ['Date'], now: Date.now() })
  const old = (await start().access()).kid
  mock.timers.tick(91 * DAY_MS)
  const kids = await kidsOf(start())

  assert.equal(kids.length, 2)
  assert.ok(kids.includes(old))
})

test('a refresh key that another process made is found by its id', async () => {
  mock.timers.enable({ apis: ['Date'], now: Date.now() })
  const [one, two] = [start(), start()]
  await Promise.all([one.refresh(), two.refresh()])
  await one.rotate()
  mock.timers.tick(LEAD_MS)
  const { kid } = await one.refresh()

  assert.equal((await two.findRefresh(kid))?.kid, kid)
  assert.equal(await two.findRefresh('nothing'), undefined)
})

test('keys at rest are sealed, by the first key of the ring, to their own row', async () => {
  const db = servingHandle(testing.database)
  await start().access()
  const rows = await db.selectFrom('signing_keys').selectAll().execute()
  assert.ok(!/PRIVATE KEY/.test(JSON.stringify(rows)))
  await assert.rejects(start(randomBytes(32).toString('base64url')).access())
  await start(`${randomBytes(32).toString('base64url')},${ring}`).access()

  const [one, two] = rows as [(typeof rows)[number], (typeof rows)[number]]
  await db.updateTable('signing_keys').set({ private_sealed: one.private_sealed }).where('kid', '=', two.kid).execute()
  await assert.rejects(start().access())
})

test('only keys that nothing alive was signed by are swept', async () => {
  mock.timers.enable({ apis: ['Date'], now: Date.now() })
  const db = servingHandle(testing.database)
  const keys = start()
  await keys.access()
  await keys.rotate()
  mock.timers.tick(90 * DAY_MS)
  await sweepSigningKeys(db)
  assert.equal((await kidsOf(start())).length >= 2, true)
  mock.timers.tick(3 * DAY_MS)
  await sweepSigningKeys(db)

  const left = await db
    .selectFrom('signing_keys')
    .select('purpose')
    .where('active_from', '<', new Date(Date.now() - 92 * DAY_MS))
    .execute()
  assert.deepEqual(left.map(({ purpose }) => purpose).sort(), ['access', 'refresh'])
})
