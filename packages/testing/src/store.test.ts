import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testStore } from './store.ts'

test('two test stores share neither keys nor messages', async () => {
  const heard: string[] = []
  const { promise: done, resolve } = Promise.withResolvers<void>()
  const [one, two] = [testStore(), testStore()]
  await one.set('k', 'v', 60_000)
  await two.subscribe('c', {
    message(text) {
      heard.push(text)
      resolve()
    },
  })
  await one.publish('c', 'of one')
  await two.publish('c', 'of two')
  await done

  assert.equal(await two.get('k'), undefined)
  assert.deepEqual(heard, ['of two'])
  await Promise.all([one.close(), two.close()])
})
