import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { type TestContext, test } from 'node:test'
import type { Problem } from '@munjigi/problem'
import { Patience } from '../door/patience.ts'
import { RequestBody } from './request-body.ts'

/** A request whose body has begun and not ended. */
async function begun(t: TestContext, sent: string) {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1')
  client.write(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n${sent}`)
  const [request] = (await once(server, 'request')) as [IncomingMessage]
  const patience = new Patience(1_000_000)
  t.after(() => {
    patience.close()
    client.destroy()
    server.close()
  })
  const body = new RequestBody(request, 2_000_000, patience)
  return { body, request, now: patience.now }
}

test('a body that comes a byte at a time is given up, one that moves is not', async (t) => {
  const slow = await begun(t, 'x')
  const steady = await begun(t, 'x'.repeat(60_000))
  const failure = once(slow.body, 'error')
  let received = 0
  slow.body.resume()
  steady.body.on('data', (chunk) => (received += chunk.length))
  await Promise.all([
    once(slow.request, 'data'),
    new Promise<void>((resolve) => steady.body.on('data', () => received >= 60_000 && resolve())),
  ])

  slow.body.check(slow.now + 30_000)
  steady.body.check(steady.now + 30_000)

  const [problem] = (await failure) as [Problem]
  assert.deepEqual([problem.status, problem.type], [408, 'request-timeout'])
  assert.equal(steady.body.destroyed, false)
})

test('a caller is not blamed for a service that reads slowly', async (t) => {
  const { body, now } = await begun(t, 'x'.repeat(200_000))
  await once(body, 'readable')

  body.check(now + 30_000)
  body.check(now + 60_000)

  assert.equal(body.destroyed, false)
})
