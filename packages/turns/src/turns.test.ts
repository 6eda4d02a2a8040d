import assert from 'node:assert/strict'
import { test } from 'node:test'
import { queue, Turns, type Waiter } from './turns.ts'

const patience = (ms: number) => ({ ms, refusal: () => new Error('waited in vain') })
const LONG_MS = 100_000

/** Takes turns under names; `begun` has those whose turn has come, and `end` ends one. */
function takers(turns: Turns<unknown>) {
  const begun: string[] = []
  const passes = new Map<string, () => void>()
  const take = async (name: string, ms = LONG_MS) => {
    passes.set(name, await turns.take(name, patience(ms)))
    begun.push(name)
  }
  const end = async (name: string) => {
    passes.get(name)?.()
    await new Promise(setImmediate)
  }
  return { begun, take, end }
}

test('so many have their turn at once, the others follow in order as one ends', async () => {
  const { begun, take, end } = takers(new Turns(2, queue()))
  const all = Promise.all(['a', 'b', 'c', 'd'].map((name) => take(name)))
  await end('nobody')
  assert.deepEqual(begun, ['a', 'b'])
  await end('b')
  assert.deepEqual(begun, ['a', 'b', 'c'])
  await end('a')
  await all

  assert.deepEqual(begun, ['a', 'b', 'c', 'd'])
})

test('whoever waits too long is refused and loses the place, so that the next one is not held up', async () => {
  const turns = new Turns(1, queue())
  const { begun, take, end } = takers(turns)
  await take('first', 1)
  const patient = take('patient')
  await assert.rejects(take('hasty', 1), /waited in vain/)
  const last = take('last')
  await end('first')
  await patient
  await end('patient')
  await last
  await end('last')

  assert.deepEqual(begun, ['first', 'patient', 'last'])
  assert.equal(turns.isIdle, true)
})

test('nobody who comes as a turn ends is let in before those who wait', async () => {
  const { begun, take, end } = takers(new Turns(1, queue()))
  await take('first')
  const waiting = take('waiting')
  const ended = end('first')
  const late = take('late')
  await ended
  assert.deepEqual(begun, ['first', 'waiting'])
  await end('waiting')
  await Promise.all([waiting, late])

  assert.deepEqual(begun, ['first', 'waiting', 'late'])
})

test('a queue has room for so many, and again for one as soon as one has left it', async () => {
  const turns = new Turns(1, queue({ most: 1, refusal: () => new Error('full') }))
  const { take, end } = takers(turns)
  await take('first')
  const second = take('second')
  await assert.rejects(take('third'), /full/)
  await end('first')
  await second
  await assert.rejects(take('hasty', 1), /waited in vain/)
  const patient = take('patient')
  await assert.rejects(take('fourth'), /full/)
  await end('second')
  await patient
  assert.equal(turns.isIdle, false)
})

test('whoever leaves a queue a second time, or after their turn has come, puts nobody else out of it', () => {
  const line = queue()
  const waiter = () => ({ begin: () => {}, refuse: () => {} })
  const [first, second, third] = [waiter(), waiter(), waiter()]
  const [leaveFirst, leaveSecond] = [first, second].map((each) => line.join(each, undefined))
  line.join(third, undefined)
  const begun = line.next()
  for (const leave of [leaveFirst, leaveSecond, leaveSecond]) leave?.()

  assert.equal(begun, first)
  assert.equal(line.next(), third)
  assert.equal(line.next(), undefined)
})

test('the line decides who is next, and may send away who waits', async () => {
  let stack: Waiter[] = []
  const newestFirst = {
    join(waiter: Waiter) {
      if (stack.length === 2) stack.shift()?.refuse(new Error('made room'))
      stack.push(waiter)
      return () => {
        stack = stack.filter((other) => other !== waiter)
      }
    },
    next: () => stack.pop(),
  }
  const { begun, take, end } = takers(new Turns(1, newestFirst))
  await take('a')
  const b = assert.rejects(take('b'), /made room/)
  const others = Promise.all([take('c'), take('d')])
  await b
  await end('a')
  await end('d')
  await others

  assert.deepEqual(begun, ['a', 'd', 'c'])
})
