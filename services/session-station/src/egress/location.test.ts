import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { EgressError } from './egress.ts'
import { type Hop, nextHop } from './redirect.ts'

const SECRETS = {
  accept: 'application/json',
  'accept-language': 'ko',
  'user-agent': 'station',
  'x-api-key': 'k3y',
  cookie: 'sid=s3cret',
}

test('another port, scheme or spelling of the host is another origin', () => {
  const hop: Hop = {
    url: new URL('https://a.test/x'),
    method: 'POST',
    headers: SECRETS,
    body: 'b',
    isDowngraded: false,
  }
  for (const location of [
    'https://a.test:8443/',
    'http://a.test/',
    'https://a.test./',
    'https://b.a.test/',
    '//evil.test',
    '\\\\evil.test',
  ])
    assert.deepEqual(Object.keys(nextHop(hop, 307, [['location', location]])?.headers ?? {}), [
      'accept',
      'accept-language',
      'user-agent',
    ])
})

test('what a Location says is read as browsers read it, and never carries a name and password', () => {
  const hop: Hop = {
    url: new URL('http://a.test/x/y?q'),
    method: 'GET',
    headers: {},
    body: undefined,
    isDowngraded: false,
  }
  for (const [location, url] of [
    ['z', 'http://a.test/x/z'],
    ['../z?n=1#part', 'http://a.test/z?n=1'],
    ['', 'http://a.test/x/y?q'],
    ['http:z', 'http://a.test/x/z'],
    ['http:/evil.test', 'http://a.test/evil.test'],
    ['//evil.test', 'http://evil.test/'],
    ['/\\evil.test', 'http://evil.test/'],
    ['\\\\evil.test', 'http://evil.test/'],
    ['https:evil.test', 'https://evil.test/'],
    ['http://a.test@evil.test/', 'http://evil.test/'],
    ['http://u:p@a.test/', 'http://a.test/'],
    ['http://a.test\\@evil.test/', 'http://a.test/@evil.test/'],
    [' /z\t', 'http://a.test/z'],
    ['/a\tb', 'http://a.test/ab'],
    [Buffer.from('/식단').toString('latin1'), 'http://a.test/%EC%8B%9D%EB%8B%A8'],
    ['/%0d%0aSet-Cookie:x', 'http://a.test/%0d%0aSet-Cookie:x'],
  ] as const)
    assert.equal(nextHop(hop, 302, [['location', location]])?.url.href, url, location)
})

test('whatever a Location says, the first request stays with its origin', () => {
  const piece = fc.constantFrom(
    '/',
    '\\',
    ':',
    '@',
    '.',
    '?',
    '#',
    '%',
    '[',
    ']',
    ' ',
    '\t',
    '\0',
    '\x85',
    '\xa0',
    'http',
    'https',
    'a.test',
    'evil',
    '80',
    '%2f',
    '%40',
    '\xe3\x80\x82',
  )
  const hop: Hop = { url: new URL('http://a.test/x'), method: 'POST', headers: SECRETS, body: 'b', isDowngraded: false }
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), fc.constantFrom(301, 303, 307, 308), (pieces, status) => {
      const next = hopOrFault(hop, status, pieces.join(''))
      if (next instanceof EgressError) return next.kind === 'redirect'
      assert.ok(next !== undefined && next.url.username === '' && next.url.password === '')
      // Spelled once more and read again it is the same host.
      assert.equal(new URL(next.url.origin).host, next.url.host)
      return next.url.host === 'a.test' && next.url.protocol === 'http:'
        ? 'x-api-key' in next.headers
        : next.body === undefined && !('x-api-key' in next.headers)
    }),
    { numRuns: 2000 },
  )
})

function hopOrFault(hop: Hop, status: number, location: string): Hop | EgressError | undefined {
  try {
    return nextHop(hop, status, [['location', location]])
  } catch (error) {
    return error as EgressError
  }
}
