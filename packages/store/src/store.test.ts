import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, suite, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { connectStore } from './connect.ts'
import { memoryStore } from './memory.ts'
import { redisStore } from './redis.ts'
import type { Store } from './store.ts'

const LONG_MS = 60_000
const PATIENCE_MS = 20_000
const SHORT_MS = 30
/** Longer than a machine stands still. */
const RENEWED_MS = 2_000

const redisUrl = process.env.MUNJIGI_TEST_REDIS_URL
const stores: [name: string, open: () => Store][] = [['memory', memoryStore]]
if (redisUrl) stores.push(['Redis', () => redisStore(redisUrl, `test:${randomUUID()}:`)])

/** An expiry announces itself to nobody, so it is asked for. */
async function untilGone(store: Store, key: string) {
  const limit = performance.now() + PATIENCE_MS
  while ((await store.get(key)) !== undefined) {
    assert.ok(performance.now() < limit, `${key} is still there`)
    await pause(5)
  }
}

for (const [name, open] of stores) {
  suite(`a store in ${name}`, () => {
    let store: Store
    before(() => {
      store = open()
    })
    after(() => store.close())

    test('the first command after opening is answered', async () => {
      const fresh = open()
      assert.equal(await fresh.get('nothing'), undefined)
      await fresh.close()
    })

    test('what is asked of a store that was closed at once fails', async () => {
      const fresh = open()
      await fresh.close()
      await assert.rejects(fresh.add('key', 'value', LONG_MS))
    })

    test('closing twice is closing once', async () => {
      const fresh = open()
      await fresh.close()
      await fresh.close()
    })

    test('what is set is read until it is removed, and text is kept whole', async () => {
      for (const text of ['', '한글 🙂', 'a\0b', 'x'.repeat(100_000)]) {
        await store.set('text', text, LONG_MS)
        assert.equal(await store.get('text'), text)
      }

      assert.equal(await store.remove('text'), true)
      assert.equal(await store.remove('text'), false)
      assert.equal(await store.get('text'), undefined)
    })

    test('a value ends with its time, and setting again begins a new time', async () => {
      await store.set('brief', 'x', SHORT_MS)
      await store.set('renewed', 'x', SHORT_MS)
      await store.set('renewed', 'y', LONG_MS)
      await untilGone(store, 'brief')

      assert.equal(await store.add('brief', 'z', LONG_MS), true)
      assert.equal(await store.get('renewed'), 'y')
    })

    test('a time that is not a positive whole number is refused', async () => {
      for (const ttlMs of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
        await assert.rejects(store.set('bad', 'x', ttlMs))
        await assert.rejects(store.add('bad', 'x', ttlMs))
        await assert.rejects(store.lease('bad', ttlMs))
        await assert.rejects(store.replace('bad', undefined, 'x', ttlMs))
        await assert.rejects(store.admit([{ key: 'bad', max: 1, windowMs: ttlMs }]))
      }
      assert.equal(await store.get('bad'), undefined)
    })

    test('of many who add one key, one succeeds, and its value stays', async () => {
      const added = await Promise.all([1, 2, 3, 4].map((each) => store.add('once', `${each}`, LONG_MS)))

      assert.deepEqual(added, [true, false, false, false])
      assert.equal(await store.get('once'), '1')
    })

    test('of many who replace what they read, one succeeds, and the others find something else there', async () => {
      const replaceAll = (expected: string | undefined) =>
        Promise.all([1, 2, 3].map((each) => store.replace('seen', expected, `${expected}${each}`, LONG_MS)))

      assert.deepEqual(await replaceAll(undefined), [true, false, false])
      assert.deepEqual(await replaceAll('undefined1'), [true, false, false])
      assert.deepEqual(await replaceAll('undefined1'), [false, false, false])
      assert.equal(await store.get('seen'), 'undefined11')
    })

    test('what is absent or has ended is replaced by who expects nothing alone', async () => {
      assert.equal(await store.replace('gone', '', 'x', SHORT_MS), false)
      assert.equal(await store.replace('gone', undefined, 'x', SHORT_MS), true)
      await untilGone(store, 'gone')

      assert.equal(await store.replace('gone', 'x', 'y', LONG_MS), false)
      assert.equal(await store.get('gone'), undefined)
    })

    test('replacing begins a new time', async () => {
      await store.set('aging', 'x', LONG_MS)
      await store.replace('aging', 'x', 'y', SHORT_MS)
      await untilGone(store, 'aging')

      assert.equal(await store.add('aging', 'z', LONG_MS), true)
    })

    test('of many at once as many are admitted as a limit says, the others are told how long its time still is', async () => {
      const limit = { key: 'tries', max: 3, windowMs: LONG_MS }
      const answers = await Promise.all([1, 2, 3, 4, 5].map(() => store.admit([limit])))
      const refused = answers.filter((leftMs) => leftMs !== undefined)

      assert.equal(refused.length, 2)
      assert.ok(refused.every((leftMs) => leftMs > 0 && leftMs <= LONG_MS))
      assert.equal(await store.get('tries'), '3')
    })

    test('who is refused by one limit is counted at none, whether before it or after', async () => {
      const limits = ['wide', 'full', 'other'].map((key) => ({ key, max: key === 'full' ? 2 : 9, windowMs: LONG_MS }))
      const answers = await Promise.all([1, 2, 3, 4, 5, 6].map(() => store.admit(limits)))

      assert.equal(answers.filter((leftMs) => leftMs === undefined).length, 2)
      assert.deepEqual(await Promise.all(limits.map(({ key }) => store.get(key))), ['2', '2', '2'])
    })

    test('the first limit that is reached says how long', async () => {
      const long = { key: 'long time', max: 1, windowMs: LONG_MS }
      const longer = { key: 'longer time', max: 1, windowMs: 10 * LONG_MS }
      await store.admit([long, longer])

      assert.ok(Number(await store.admit([long, longer])) <= LONG_MS)
      assert.ok(Number(await store.admit([longer, long])) > LONG_MS)
    })

    test('the time of a limit begins with the first, and once it is over others are admitted', async () => {
      const limit = { key: 'one time', max: 2, windowMs: LONG_MS }
      const brief = { key: 'brief time', max: 1, windowMs: SHORT_MS }
      for (const windowMs of [LONG_MS, 10 * LONG_MS]) await store.admit([{ ...limit, windowMs }])
      await store.admit([brief])
      await untilGone(store, 'brief time')

      assert.ok(Number(await store.admit([limit])) <= LONG_MS)
      assert.equal(await store.admit([{ ...brief, windowMs: LONG_MS }]), undefined)
      assert.equal(await store.get('brief time'), '1')
    })

    test('beyond a limit with waits one of many is admitted, and each wait is twice the last, up to the longest', async () => {
      const limit = {
        key: 'rising',
        max: 2,
        windowMs: 10 * LONG_MS,
        beyond: { firstWaitMs: 100_000, longestWaitMs: 250_000 },
      }
      const answers = await Promise.all([1, 2, 3, 4, 5].map(() => store.admit([limit])))
      const waits = [answers.find((leftMs) => leftMs !== undefined)]
      for (let each = 0; each < 3; each += 1) {
        await store.remove('rising:wait')
        assert.equal(await store.admit([limit]), undefined)
        waits.push(await store.admit([limit]))
      }

      assert.equal(answers.filter((leftMs) => leftMs === undefined).length, 3)
      assert.equal(await store.get('rising'), '6')
      for (const [place, wait] of [100_000, 200_000, 250_000, 250_000].entries())
        assert.ok(Number(waits[place]) > wait - PATIENCE_MS && Number(waits[place]) <= wait, `${waits}`)
    })

    test('when a wait is over one more is admitted', async () => {
      const limit = {
        key: 'waiting',
        max: 1,
        windowMs: LONG_MS,
        beyond: { firstWaitMs: SHORT_MS, longestWaitMs: SHORT_MS },
      }
      await store.admit([limit])
      assert.equal(await store.admit([limit]), undefined)
      await untilGone(store, 'waiting:wait')

      assert.equal(await store.admit([limit]), undefined)
    })

    test('what is given back is counted no more, and what is forgotten is as at first', async () => {
      const limit = { key: 'given', max: 2, windowMs: LONG_MS }
      const waiting = {
        key: 'waited',
        max: 1,
        windowMs: LONG_MS,
        beyond: { firstWaitMs: LONG_MS, longestWaitMs: LONG_MS },
      }
      for (let each = 0; each < 2; each += 1) await store.admit([limit, waiting])
      assert.ok(await store.admit([waiting]))
      await store.giveBack({ admitted: ['given'], forgotten: ['waited'] })

      assert.equal(await store.get('given'), '1')
      assert.deepEqual(await Promise.all(['waited', 'waited:wait'].map((key) => store.get(key))), [
        undefined,
        undefined,
      ])
      for (let each = 0; each < 2; each += 1) assert.equal(await store.admit([waiting]), undefined)
    })

    test('what is given back after its time, or twice, is no credit for the next', async () => {
      const limit = { key: 'credit', max: 1, windowMs: LONG_MS }
      const back = () => store.giveBack({ admitted: ['credit'], forgotten: [] })
      await back()
      assert.equal(await store.get('credit'), undefined)
      await store.admit([limit])
      await Promise.all([back(), back()])

      assert.equal(await store.admit([limit]), undefined)
      assert.ok(await store.admit([limit]))
    })

    test('of many who take one key, one gets the value', async () => {
      await store.set('ticket', 'x', LONG_MS)
      const taken = await Promise.all([1, 2, 3, 4].map(() => store.take('ticket')))

      assert.deepEqual(taken.filter(Boolean), ['x'])
      assert.equal(await store.get('ticket'), undefined)
    })

    test('a lease has one holder until it is released', async () => {
      const mine = await store.lease('work', LONG_MS)

      assert.equal(await store.lease('work', LONG_MS), undefined)
      assert.equal(await mine?.renew(), true)
      assert.equal(await mine?.release(), true)
      assert.ok(await store.lease('work', LONG_MS))
    })

    test('a lease that ended is neither renewed nor released by its old holder', async () => {
      const old = await store.lease('late', SHORT_MS)
      await untilGone(store, 'late')
      assert.equal(await old?.renew(), false)
      const current = await store.lease('late', LONG_MS)

      assert.equal(await old?.renew(), false)
      assert.equal(await old?.release(), false)
      assert.equal(await current?.renew(), true)
    })

    test('renewing gives a lease its time anew', async () => {
      const lease = await store.lease('long', RENEWED_MS)
      await store.set('clock', 'x', RENEWED_MS + SHORT_MS)
      const beat = setInterval(() => void lease?.renew(), SHORT_MS)
      await untilGone(store, 'clock')
      clearInterval(beat)

      assert.equal(await store.lease('long', LONG_MS), undefined)
    })

    test('a message reaches every subscriber of its channel, in order, and nobody else', async () => {
      const heard: string[] = []
      const { promise: done, resolve } = Promise.withResolvers<void>()
      const listen = (channel: string, who: string) =>
        store.subscribe(channel, {
          message(text) {
            heard.push(`${who}:${text}`)
            if (text === 'last' && who === 'b') resolve()
          },
        })
      await Promise.all([listen('news', 'a'), listen('news', 'b'), listen('other', 'c')])
      for (const text of ['1', '2', 'last']) await store.publish('news', text)
      await done

      assert.deepEqual(heard, ['a:1', 'b:1', 'a:2', 'b:2', 'a:last', 'b:last'])
    })

    test('a subscription is ready once before it is handed out, a second one of its channel too', async () => {
      const ready: string[] = []
      await store.subscribe('channel', { message() {}, ready: () => ready.push('first') })
      await store.subscribe('channel', { message() {}, ready: () => ready.push('second') })

      assert.deepEqual(ready, ['first', 'second'])
    })

    test('a closed subscription hears nothing while its neighbour still does', async () => {
      const heard: string[] = []
      const { promise: done, resolve } = Promise.withResolvers<void>()
      const closing = await store.subscribe('shared', { message: (text) => heard.push(text) })
      await store.subscribe('shared', { message: () => resolve() })
      await closing.close()
      await closing.close()
      await store.publish('shared', 'x')
      await done

      assert.deepEqual(heard, [])
    })

    test('a store is alive until it is closed, and then refuses everything', async () => {
      const other = open()
      await other.isAlive()
      await Promise.all([other.close(), other.close()])

      await assert.rejects(other.isAlive())
      await assert.rejects(other.get('x'))
      await assert.rejects(other.set('x', 'y', LONG_MS))
      await assert.rejects(other.publish('x', 'y'))
      await assert.rejects(other.subscribe('x', { message() {} }))
    })
  })
}

test('the address decides the kind of store', async () => {
  const store = connectStore('memory:')
  await store.set('x', 'y', LONG_MS)
  assert.equal(await store.get('x'), 'y')
  await store.close()

  for (const url of ['', 'memory', 'http://localhost', 'redis:/x']) assert.throws(() => connectStore(url), TypeError)
})
