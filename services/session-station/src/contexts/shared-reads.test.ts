import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { sharedReads } from './shared-reads.ts'

test('who asks for the same in one turn shares one read, which begins after they have all asked', async () => {
  const begun: string[] = []
  let value = 'before'
  const shared = sharedReads<string>()
  const read = (key: string) =>
    shared(key, async () => {
      begun.push(key)
      return `${key} ${value}`
    })
  const first = read('a')
  const [second, other] = [read('a'), read('b')]
  value = 'after'

  assert.deepEqual(await Promise.all([first, second, other]), ['a after', 'a after', 'b after'])
  assert.deepEqual(begun, ['a', 'b'])
})

test('who asks in a later turn reads anew, even while the earlier read is under way', async () => {
  const answers = [Promise.withResolvers<string>(), Promise.withResolvers<string>()]
  let reads = 0
  const shared = sharedReads<string>()
  const read = (key: string) => shared(key, () => answers[reads++]?.promise ?? assert.fail('a third read'))
  const early = read('a')
  await turn()
  const late = read('a')
  await turn()
  answers[1]?.resolve('new')
  answers[0]?.resolve('old')

  assert.deepEqual(await Promise.all([early, late]), ['old', 'new'])
})

test('a read that fails fails for all who share it, and for nobody after them', async () => {
  let isGone = true
  const shared = sharedReads<string>()
  const read = (key: string) =>
    shared(key, async () => {
      if (isGone) throw new Error('gone')
      return 'there'
    })
  const both = await Promise.allSettled([read('a'), read('a')])
  isGone = false

  assert.deepEqual(
    both.map(({ status }) => status),
    ['rejected', 'rejected'],
  )
  assert.equal(await read('a'), 'there')
})
