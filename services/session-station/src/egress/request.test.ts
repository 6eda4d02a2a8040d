import assert from 'node:assert/strict'
import { test } from 'node:test'
import { failureOf, get, rawTarget, testTarget } from './egress.fixture.ts'

test('a request that would frame or name itself is not sent', async (t) => {
  const { port, egress, requests } = await testTarget(t, (_, response) => response.end())
  const url = `http://a.test:${port}/`
  for (const headers of [
    { host: 'b.test' },
    { Host: 'b.test' },
    { 'content-length': '3' },
    { 'transfer-encoding': 'chunked' },
    { connection: 'keep-alive' },
    { upgrade: 'h2c' },
    { expect: '100-continue' },
    { 'proxy-authorization': 'Basic x' },
    { te: 'trailers' },
    { authorization: 'Negotiate abc' },
    { Authorization: 'ntlm abc' },
    { 'x-a': 'a\r\nx-b: b' },
    { 'x-a': 'a\0' },
    { 'x-a': '한글' },
    { 'x a': 'b' },
    { 'x-a\r\nx-b': 'b' },
  ] as Record<string, string>[])
    assert.equal(await failureOf(egress.request(get(url, { headers }))), 'address, not sent', JSON.stringify(headers))
  for (const other of ['ftp://a.test/', 'file:///etc/passwd', 'ws://a.test/'])
    assert.equal(await failureOf(egress.request(get(other))), 'address, not sent')

  assert.equal(requests.length, 0)
})

test('name and password of a URL are not sent, and its fragment is not', async (t) => {
  const target = await testTarget(t, (_, response) => response.end())
  const answer = await target.egress.request(get(`http://user:word@a.test:${target.port}/p?q=1#part`))

  assert.equal(answer.url.href, `http://a.test:${target.port}/p?q=1`)
  assert.equal(target.requests[0]?.url, '/p?q=1')
  assert.doesNotMatch(JSON.stringify(target.requests[0]?.rawHeaders), /word|authorization/i)
})

test('header lines come as pairs in their order, octet by octet', async (t) => {
  const value = Buffer.from('값').toString('latin1')
  const head = `HTTP/1.1 200 OK\r\nX-B: 1\r\nset-cookie: a=1\r\nx-a: ${value}\r\nSet-Cookie: b=2\r\nContent-Length: 0\r\n\r\n`
  const { url, egress } = await rawTarget(t, (socket) =>
    socket.once('data', () => socket.write(Buffer.from(head, 'latin1'))),
  )

  assert.deepEqual((await egress.request(get(url))).headers, [
    ['x-b', '1'],
    ['set-cookie', 'a=1'],
    ['x-a', value],
    ['set-cookie', 'b=2'],
    ['content-length', '0'],
  ])
})
