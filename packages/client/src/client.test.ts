import assert from 'node:assert/strict'
import { createServer, type IncomingHttpHeaders, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import type { Problem } from '@munjigi/problem'
import { createClient } from './client.ts'

/** Without a limit of its own the service has longer than any machine stands still. */
async function serviceOf(t: TestContext, listener: RequestListener, timeoutMs = 30_000) {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const client = createClient({
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    timeoutMs,
    headers: { 'x-internal-key': 'k' },
  })
  t.after(async () => {
    server.closeAllConnections()
    server.close()
    await client.close()
  })
  return client
}

test("a call carries its query and the service's key", async (t) => {
  let seen: IncomingHttpHeaders = {}
  const client = await serviceOf(t, (request, response) => {
    seen = request.headers
    response.end(JSON.stringify({ path: request.url }))
  })
  const answer = await client.get<{ path: string }>('/x', { sub: 'a&b', issuer: 'https://i' })

  assert.equal(answer.path, '/x?sub=a%26b&issuer=https%3A%2F%2Fi')
  assert.equal(seen['x-internal-key'], 'k')
})

test('each method arrives as itself, with its body or its query, and an answer without a body is none', async (t) => {
  const seen: string[] = []
  const client = await serviceOf(t, async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    seen.push(`${request.method} ${request.url} ${body}`)
    response.writeHead(204).end()
  })
  const answers = [await client.put('/x', { a: 1 }), await client.post('/x', []), await client.remove('/x', { b: '2' })]

  assert.deepEqual(seen, ['PUT /x {"a":1}', 'POST /x []', 'DELETE /x?b=2 '])
  assert.deepEqual(answers, [undefined, undefined, undefined])
})

test('a problem of the other service is thrown as the same problem', async (t) => {
  const client = await serviceOf(t, (_request, response) => {
    response.writeHead(404, { 'content-type': 'application/problem+json' })
    response.end(JSON.stringify({ type: '/problems/unknown-person', title: 'Unknown', status: 404, detail: 'd' }))
  })

  await assert.rejects(
    client.get('/x'),
    (error: Problem) => error.status === 404 && error.type === 'unknown-person' && error.detail === 'd',
  )
})

test('what is no answer of the contract is upstream-unavailable', async (t) => {
  const answers: RequestListener[] = [
    (_request, response) => response.writeHead(500).end('<html>'),
    (_request, response) => response.end('{'),
    (request) => request.socket.destroy(),
    () => {},
  ]
  for (const listener of answers) {
    const client = await serviceOf(t, listener, 300)

    await assert.rejects(
      client.post('/x', {}),
      (error: Problem) => error.status === 503 && error.type === 'upstream-unavailable',
    )
  }
})
