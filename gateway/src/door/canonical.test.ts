import assert from 'node:assert/strict'
import { posix } from 'node:path'
import { test } from 'node:test'
import { parse as parseUrl } from 'node:url'
import { Problem } from '@munjigi/problem'
import fc from 'fast-check'
import { type CanonicalTarget, canonicalHeaderName, canonicalTarget } from './canonical.ts'

function refused(raw: string, method = 'GET'): void {
  assert.throws(
    () => canonicalTarget(raw, method),
    (error: Problem) => error.status === 400 && error.type === 'ambiguous-path' && (error.detail ?? '') !== '',
    `${JSON.stringify(raw)} was not refused`,
  )
}

test('a plain path and its query pass byte for byte', () => {
  assert.deepEqual(canonicalTarget('/api/meal/v1/menus?date=2026-11-21&a=%2F..', 'GET'), {
    path: '/api/meal/v1/menus',
    decoded: '/api/meal/v1/menus',
    query: 'date=2026-11-21&a=%2F..',
  })
  assert.equal(canonicalTarget('/a?', 'GET').query, '')
  assert.equal(canonicalTarget('/a', 'GET').query, undefined)
})

test('encoded text is compared decoded and forwarded as it came', () => {
  const target = canonicalTarget('/api/meal/v1/%ED%95%9C%20%3A%25', 'GET')

  assert.equal(target.path, '/api/meal/v1/%ED%95%9C%20%3A%25')
  assert.equal(target.decoded, '/api/meal/v1/한 :%')
})

test('what has two readings is refused', () => {
  const dots = ['/a/../b', '/a/./b', '/a/..', '/a/...', '/a/..;x/b', '/..?x', '/a/%2e%2e/b', '/a/.%2E/b', '/a/%2e']
  const separators = ['//a', '/a//b', '/a/..%2fb', '/a%2Fb', '/a%5cb', '/a\\b', '/\\evil', '/a#b', '/a?b#c']
  const spellings = [
    '/%61pi/x',
    '/api/%6deal/x',
    '/api/x%2Dy',
    '/api/x%5Fy',
    '/api/x%7Ey',
    '/api/%2561',
    '/api/%252e%252e',
  ]
  // For a reader who decodes first and then cuts parameters, trims blanks or folds wide forms.
  const hidden = [
    ...['/a/..%3bx/b', '/..%3b', '/a/.%20/b', '/a/..%20', '/a/..%3fx', '/a/..%23'],
    ...['/a/%EF%BC%8E%EF%BC%8E/b', '/%E2%80%A5/b'],
  ]
  const broken = [
    '/a%',
    '/a%2',
    '/a%zz',
    '/a%ff',
    '/a%C0%AE',
    '/a%ED%A0%80',
    '/한',
    '/a b',
    '/a\u00e9',
    '/a?b c',
    '/a?\u00ff',
  ]
  const controls = ['/a\x00', '/a%00', '/a%0d%0a', '/a%7f', '/a\t', '/a?\r\n', '/a\x7f']
  for (const raw of [...dots, ...separators, ...spellings, ...hidden, ...broken, ...controls]) refused(raw)
})

test('a target that is no path is refused, and * belongs to OPTIONS', () => {
  for (const raw of ['', '*', 'http://evil/api/meal', 'HTTP://x', 'evil:443', '?x', '@x', 'a/b']) refused(raw)
  refused('*?', 'OPTIONS')
  assert.equal(canonicalTarget('*', 'OPTIONS').path, '*')
})

const pieces = [
  '/',
  '.',
  '..',
  '%2e',
  '%2F',
  '%5c',
  '\\',
  '%00',
  '%25',
  '25',
  '61',
  '%2',
  ';',
  ';x',
  '?',
  '#',
  '%23',
  '%3F',
  '%3b',
]
const words = [
  'api',
  'meal',
  'v1',
  'admin',
  '%61',
  '%C0%AE',
  '%ED%95%9C',
  '한',
  '%3A',
  ':',
  ' ',
  '+',
  '|',
  '~',
  '%7e',
  'A',
  '@',
  '%ff',
]
const rawTarget = fc
  .array(fc.constantFrom(...pieces, ...words, '/', '/', '/'), { maxLength: 12 })
  .map((parts) => `/api/${parts.join('')}`)

function accepted(raw: string): CanonicalTarget | undefined {
  try {
    return canonicalTarget(raw, 'GET')
  } catch (error) {
    if (error instanceof Problem && error.status === 400) return undefined
    throw error
  }
}

test('what is accepted is kept byte for byte and read the same again', () => {
  const check = (raw: string) => {
    const target = accepted(raw)
    if (target === undefined) return
    const whole = target.query === undefined ? target.path : `${target.path}?${target.query}`
    assert.equal(whole, raw)
    assert.deepEqual(canonicalTarget(whole, 'GET'), target)
  }
  fc.assert(fc.property(rawTarget, check), { numRuns: 5000 })
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 30 }), (text) => check(`/${text}`)),
    { numRuns: 2000 },
  )
})

test('what is accepted is one path for the URL standard, for old URL parsers and for path normalisers', () => {
  fc.assert(
    fc.property(rawTarget, (raw) => {
      const target = accepted(raw)
      if (target === undefined) return
      const standard = new URL(raw, 'http://gateway.example')
      assert.equal(standard.host, 'gateway.example')
      assert.equal(standard.hash, '')
      assert.equal(decodeURIComponent(standard.pathname), target.decoded)
      assert.equal(decodeURIComponent(parseUrl(raw).pathname ?? ''), target.decoded)
      assert.equal(posix.normalize(target.decoded), target.decoded)
      assert.equal(target.decoded.split('/').length, target.path.split('/').length)
    }),
    { numRuns: 5000 },
  )
})

test('decoding an accepted path a second time changes nothing', () => {
  fc.assert(
    fc.property(rawTarget, (raw) => {
      const decoded = accepted(raw)?.decoded
      if (decoded === undefined) return
      assert.equal(
        decoded.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
        decoded,
      )
    }),
    { numRuns: 5000 },
  )
})

test('header names in any spelling come down to one', () => {
  for (const name of ['X-User-Sub', 'x_user_sub', 'x.user.sub', 'X_USER.sub', 'x-user-sub', 'x!user~sub'])
    assert.equal(canonicalHeaderName(name), 'x-user-sub')
  fc.assert(
    fc.property(fc.string(), (name) => canonicalHeaderName(canonicalHeaderName(name)) === canonicalHeaderName(name)),
  )
})
