import assert from 'node:assert/strict'
import { mock, test } from 'node:test'
import { eventually } from './eventually.ts'

test('it looks until that is so which was asked for, and gives what was seen', async () => {
  let looks = 0
  const seen = await eventually(async () => {
    looks += 1
    assert.equal(looks, 3)
    return 'seen'
  })

  assert.equal(seen, 'seen')
})

test('what never comes to be so is told as it was seen last', async (t) => {
  let now = performance.now()
  t.mock.method(performance, 'now', () => now)
  const look = mock.fn(() => {
    now += 6_000
    throw new Error(`look ${look.mock.callCount() + 1}`)
  })

  await assert.rejects(eventually(look), /look 4/)
})
