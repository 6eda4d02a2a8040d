import assert from 'node:assert/strict'
import { test } from 'node:test'
import { headerOf } from '@munjigi/testing/upstream'
import { A_TEST, get, testEgress, testTarget, tlsTarget } from './egress.fixture.ts'
import type { Cookies } from './egress.ts'

/** A jar without rules, which writes down what it is asked and told. */
function notedCookies() {
  const notes: string[] = []
  const cookies: Cookies = {
    headerFor(url) {
      notes.push(`asked ${url.protocol}${url.pathname}`)
      return 'jar=1'
    },
    take: (url, setCookies) => notes.push(`told ${url.protocol}${url.pathname} ${setCookies.join(' ')}`),
  }
  return { notes, cookies }
}

test('the jar is asked and told at every hop, beside the cookies of the first request', async (t) => {
  const target = await testTarget(t, (request, response) => {
    response.setHeader('set-cookie', ['a=1', 'b=2'])
    if (request.url === '/login') response.writeHead(302, { location: '/home' })
    response.end()
  })
  const { notes, cookies } = notedCookies()
  await target.egress.request(get(`http://a.test:${target.port}/login`, { headers: { cookie: 'own=1' }, cookies }))

  assert.deepEqual(notes, [
    'asked http:/login',
    'told http:/login a=1 b=2',
    'asked http:/home',
    'told http:/home a=1 b=2',
  ])
  assert.equal(headerOf(target.requests[1], 'cookie'), 'own=1; jar=1')
})

test('where a redirect leaves TLS no cookie is sent and none is taken', async (t) => {
  const plain = await testTarget(t, (_, response) => response.setHeader('set-cookie', 'forced=1').end())
  const port = await tlsTarget(t, [A_TEST], (_, response) =>
    response.writeHead(302, { location: `http://a.test:${plain.port}/plain` }).end(),
  )
  const egress = testEgress(t, `127.0.0.1:${port},127.0.0.1:${plain.port}`)
  const { notes, cookies } = notedCookies()
  await egress.request(get(`https://a.test:${port}/secure`, { headers: { cookie: 'own=1' }, cookies }))

  assert.deepEqual(notes, ['asked https:/secure'])
  assert.equal(headerOf(plain.requests[0], 'cookie'), undefined)
})
