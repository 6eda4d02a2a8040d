import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { FairLine } from './fair-line.ts'
import { Turns } from './turns.ts'

const LONG_MS = 100_000

/** Work that ends when it is told to; `begun` has the names of what has begun, oldest first. */
function workshop({ atOnce, most }: { atOnce: number; most: number }) {
  const turns = new Turns(atOnce, new FairLine({ most, refusal: () => new Error('too many') }))
  const begun: string[] = []
  const running: (() => void)[] = []
  const refusal = () => new Error('waited in vain')
  const work = async (origin: string, name: string, ms: number) => {
    const pass = await turns.take(origin, { ms, refusal })
    begun.push(name)
    await new Promise<void>((end) => running.push(end))
    pass()
    return `${name} done`
  }
  const answerOf = (origin: string, name: string, ms = LONG_MS) =>
    work(origin, name, ms).catch((error: Error) => error.message)
  /** Ends what runs longest and lets follow what follows from it. */
  const endOne = async () => {
    await turn()
    running.shift()?.()
    await turn()
  }
  const endAll = async () => {
    await turn()
    while (running.length > 0) await endOne()
  }
  return { answerOf, begun, endOne, endAll }
}

test('whoever comes with many keeps another waiting for one of them', async () => {
  const { answerOf, begun, endOne, endAll } = workshop({ atOnce: 2, most: 1000 })
  const flood = Array.from({ length: 500 }, (_, each) => answerOf('flood', `f${each}`))
  const other = answerOf('other', 'o')
  const third = answerOf('third', 't')
  for (let each = 0; each < 4; each += 1) await endOne()

  assert.deepEqual(begun, ['f0', 'f1', 'f2', 'o', 't', 'f3'])
  await endAll()
  assert.deepEqual([await other, await third], ['o done', 't done'])
  assert.ok((await Promise.all(flood)).every((answer) => answer.endsWith(' done')))
})

test('where too many wait, the last of those who are most leaves for another, and nobody for one of the same', async () => {
  const { answerOf, begun, endAll } = workshop({ atOnce: 1, most: 3 })
  const flood = ['f0', 'f1', 'f2', 'f3', 'f4'].map((name) => answerOf('flood', name))
  assert.equal(await flood[4], 'too many')
  const other = answerOf('other', 'o')
  assert.equal(await flood[3], 'too many')
  const third = answerOf('third', 't')
  assert.equal(await flood[2], 'too many')
  assert.equal(await answerOf('fourth', 'x'), 'too many')
  await endAll()

  assert.deepEqual([await other, await third], ['o done', 't done'])
  assert.deepEqual(begun, ['f0', 'f1', 'o', 't'])
})

test('whoever waits too long leaves room, and whoever stands behind keeps the place', async () => {
  const { answerOf, begun, endAll } = workshop({ atOnce: 1, most: 3 })
  const first = answerOf('one', 'a')
  const next = answerOf('one', 'b')
  assert.deepEqual(await Promise.all([answerOf('one', 'x', 1), answerOf('two', 'y', 1)]), [
    'waited in vain',
    'waited in vain',
  ])
  const others = Promise.all([answerOf('two', 'c'), answerOf('one', 'd')])
  assert.equal(await answerOf('one', 'z'), 'too many')
  await endAll()

  assert.deepEqual(await Promise.all([first, next, others]), ['a done', 'b done', ['c done', 'd done']])
  assert.deepEqual(begun, ['a', 'b', 'c', 'd'])
})

test('whoever leaves twice, or after their turn has come, frees no more than their own place', () => {
  const line = new FairLine({ most: 1, refusal: () => new Error('too many') })
  const waiter = () => ({ begin: () => {}, refuse: () => {} })
  const leave = line.join(waiter(), 'one')
  for (const _ of ['once', 'twice']) leave()
  const leaveLate = line.join(waiter(), 'one')
  line.next()
  leaveLate()
  line.join(waiter(), 'one')

  assert.throws(() => line.join(waiter(), 'two'), /too many/)
})
