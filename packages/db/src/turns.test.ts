import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Turns } from './turns.ts'

test('turns are given one at a time and in order', async () => {
  const turns = new Turns()
  const order: number[] = []
  const first = await turns.take(1_000)
  const others = [1, 2, 3].map(async (each) => {
    const pass = await turns.take(1_000)
    order.push(each)
    pass()
  })
  assert.deepEqual(order, [])
  first()
  await Promise.all(others)

  assert.deepEqual(order, [1, 2, 3])
  await turns.take(1_000)
})

test('whoever waits too long is refused and loses the place, so that the next one is not held up', async () => {
  const turns = new Turns()
  const pass = await turns.take(1)
  const patient = turns.take(1_000)
  await assert.rejects(turns.take(1), /not free in time/)
  pass()

  ;(await patient)()
  await turns.take(1)
})
