import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { createServer } from '@munjigi/server/create-server'
import { doRegularly } from './regular-work.ts'

test('a closing process begins nothing new while requests still finish, and waits for what is under way', async () => {
  const app = createServer({ name: 'test', logLevel: 'silent' })
  const [asked, answer, finish] = [0, 1, 2].map(() => Promise.withResolvers<void>()) as [Gate, Gate, Gate]
  let signal: AbortSignal | undefined
  doRegularly(app, {
    name: 'job',
    everyMs: 3_600_000,
    work: (given) => {
      signal = given
      return finish.promise
    },
  })
  app.get('/', async () => {
    asked.resolve()
    await answer.promise
    return 'answered'
  })
  await app.listen({ port: 0 })
  const request = fetch(`http://127.0.0.1:${(app.server.address() as AddressInfo).port}/`)
  await asked.promise

  let isClosed = false
  const closed = app.close().then(() => {
    isClosed = true
  })
  if (!signal?.aborted) await once(signal ?? assert.fail(), 'abort')
  answer.resolve()
  assert.equal(await (await request).text(), 'answered')
  assert.equal(isClosed, false)
  finish.resolve()
  await closed
})

type Gate = PromiseWithResolvers<void>
