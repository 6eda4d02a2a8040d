import assert from 'node:assert/strict'
import { randomBytes, randomUUID } from 'node:crypto'
import { after, test } from 'node:test'
import { keyRing } from '@munjigi/sealing/fernet'
import { sealedText } from '@munjigi/sealing/sealed-text'
import { testStore } from '@munjigi/testing/store'
import fc from 'fast-check'
import { type Context, contextKey, isNewer, isSame, type Mark } from './context.ts'
import { contextCache, contextOf } from './context-cache.ts'
import { storeOutage } from './store-outage.ts'

const store = testStore()
after(() => store.close())
const sealing = sealedText(keyRing(randomBytes(32).toString('base64url')))
const process = () => contextCache({ store, sealing, outage: storeOutage(store, () => {}), now: Date.now })
const [one, other] = [process(), process()]

const contextWith = (mark: Mark): Context => ({
  ...mark,
  made_by: 'login',
  fields: {},
  origins: [],
  injections: [],
  headers: {},
  obtained_at: Date.now(),
  due_at: Date.now() + 60_000,
  expires_at: Date.now() + 60_000,
  deaths: 0,
  proxy: { origins: [] },
})
const newTarget = () => ({ sub: 'lee', service_id: randomUUID() })
const number = fc.integer({ min: 1, max: 3 })
const mark = fc.record({ profile_id: number, generation: number, login_number: number })

test('of two marks one is newer, or they are the same, and the profile goes before all', () => {
  fc.assert(
    fc.property(mark, mark, (a, b) => {
      assert.equal([isNewer(a, b), isNewer(b, a), isSame(a, b)].filter(Boolean).length, 1)
      if (a.profile_id > b.profile_id) assert.ok(isNewer(a, b))
      else if (a.profile_id === b.profile_id && a.generation > b.generation) assert.ok(isNewer(a, b))
    }),
  )
})

test('whoever writes, and in whatever order, the newest stays', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(mark, { minLength: 1, maxLength: 6 }), async (marks) => {
      const target = newTarget()
      await Promise.all(marks.map((each, index) => (index % 2 ? one : other).put(target, contextWith(each))))
      const newest = marks.reduce((best, each) => (isNewer(each, best) ? each : best))

      for (const cache of [one, other]) assert.ok(isSame(newest, contextOf(await cache.find(target))))
    }),
    { numRuns: 30 },
  )
})

test('below what was dropped nothing is taken, and what is above is', async () => {
  const target = newTarget()
  const old = contextWith({ profile_id: 1, generation: 1, login_number: 9 })
  const fresh = contextWith({ profile_id: 1, generation: 2, login_number: 10 })
  await one.put(target, old)
  await one.drop(target, { profile_id: 1, generation: 2, login_number: 0 })
  await other.put(target, old)
  assert.equal(contextOf(await other.find(target)), undefined)
  await other.put(target, fresh)

  assert.equal(contextOf(await one.find(target))?.login_number, 10)
})

test('a store that fell behind is not believed, and what is not ours is nothing', async () => {
  const target = newTarget()
  await one.put(target, contextWith({ profile_id: 1, generation: 1, login_number: 1 }))
  const behind = (await store.get(contextKey(target))) ?? ''
  await one.put(target, contextWith({ profile_id: 1, generation: 1, login_number: 2 }))
  await store.set(contextKey(target), behind, 60_000)
  assert.equal(await one.find(target), undefined)

  for (const text of ['', 'x', 'ENC(x)', sealing.seal('{}', 'elsewhere')]) {
    await store.set(contextKey(target), text, 60_000)
    assert.equal(await other.find(target), undefined)
  }
})
