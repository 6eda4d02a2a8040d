import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { test } from 'node:test'
import { testUpstream } from './upstream.ts'

test('an upstream answers with its handler and records what came, spelling, order and repetition kept', async () => {
  const upstream = await testUpstream((request, response) => response.end(`for ${request.url}`))
  const { port } = new URL(upstream.url)
  const socket = connect(Number(port), '127.0.0.1')
  socket.write('POST /a?b=1 HTTP/1.1\r\nhOST: x\r\nX-A: 1\r\nx_a: 2\r\nX-A: 3\r\nTransfer-Encoding: chunked\r\n\r\n')
  socket.write('3\r\nabc\r\n0\r\nX-Late: t\r\n\r\n')
  const [answer] = await once(socket, 'data')
  assert.match(String(answer), /^HTTP\/1\.1 200 .*for \/a\?b=1/s)
  await upstream.close()

  const names = [
    ['hOST', 'x'],
    ['X-A', '1'],
    ['x_a', '2'],
    ['X-A', '3'],
    ['Transfer-Encoding', 'chunked'],
  ]
  assert.deepEqual(upstream.requests, [
    { method: 'POST', url: '/a?b=1', rawHeaders: names, rawTrailers: [['X-Late', 't']], body: 'abc' },
  ])
})
