import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Problem } from '@munjigi/problem'
import { FairTurns } from './fair-turns.ts'

/** Work that ends when it is told to; `begun` has the names of what has begun, oldest first. */
function workshop(turns: { atOnce: number; mostWaiting: number }) {
  const fair = new FairTurns(turns)
  const begun: string[] = []
  const running: { name: string; end: () => void }[] = []
  const answerOf = (origin: string, name: string) =>
    fair
      .run(origin, async () => {
        begun.push(name)
        await new Promise<void>((end) => running.push({ name, end }))
        return `${name} done`
      })
      .catch(({ status, type }: Problem) => `${status} ${type}`)
  /** Ends what runs longest and lets follow what follows from it. */
  const endOne = async () => {
    running.shift()?.end()
    await new Promise(setImmediate)
  }
  const endAll = async () => {
    while (running.length > 0) await endOne()
  }
  return { answerOf, begun, endOne, endAll }
}

test('so many run at once, and the next begins as one ends, whether well or not', async () => {
  const { answerOf, begun, endAll } = workshop({ atOnce: 2, mostWaiting: 10 })
  const answers = Promise.all(['a', 'b', 'c'].map((name) => answerOf('one', name)))
  assert.deepEqual(begun, ['a', 'b'])
  await endAll()
  assert.deepEqual(await answers, ['a done', 'b done', 'c done'])

  const fair = new FairTurns({ atOnce: 1, mostWaiting: 10 })
  const failing = fair.run('one', () => Promise.reject(new Error('broken')))
  const after = fair.run('one', async () => 'done')
  await assert.rejects(failing, /broken/)
  assert.equal(await after, 'done')
  assert.equal(await fair.run('one', async () => 'free again'), 'free again')
})

test('whoever comes with many keeps another waiting for one of them', async () => {
  const { answerOf, begun, endOne, endAll } = workshop({ atOnce: 2, mostWaiting: 1000 })
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
  const { answerOf, begun, endAll } = workshop({ atOnce: 1, mostWaiting: 3 })
  const flood = ['f0', 'f1', 'f2', 'f3', 'f4'].map((name) => answerOf('flood', name))
  assert.equal(await flood[4], '503 access-unknown')
  const other = answerOf('other', 'o')
  assert.equal(await flood[3], '503 access-unknown')
  const third = answerOf('third', 't')
  assert.equal(await flood[2], '503 access-unknown')
  assert.equal(await answerOf('fourth', 'x'), '503 access-unknown')
  await endAll()

  assert.deepEqual([await other, await third], ['o done', 't done'])
  assert.deepEqual(begun, ['f0', 'f1', 'o', 't'])
})
