import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Problem } from '@munjigi/problem'
import fc from 'fast-check'
import { isAllowedCallback, redirectTarget } from './return-to.ts'

const callbackUrls = new Set(['https://bot.example.com/users/callback', 'http://kakao-bot:8000/users/callback'])

test('a client is called back at its addresses, however they are spelt, and nowhere else', () => {
  const expected: [string, boolean][] = [
    ['https://bot.example.com/users/callback', true],
    ['https://BOT.example.com.:443/users/%63allback', true],
    ['http://kakao-bot:8000/users/callback', true],
    ['http://kakao-bot/users/callback', false],
    ['https://kakao-bot:8000/users/callback', false],
    ['https://bot.example.com/users/callback/', false],
    ['https://bot.example.com/users/callback?next=x', false],
    ['https://bot.example.com/users/callback#', false],
    ['https://bot.example.com/users', false],
    ['https://bot.example.com@evil.example/users/callback', false],
    ['https://evil@bot.example.com/users/callback', false],
    ['https://bot.example.com\\@evil.example/users/callback', false],
    ['https://bot.example.com%2f@evil.example/users/callback', false],
    ['https://bot.example.com.evil.example/users/callback', false],
    ['https://evil.example/users/callback', false],
    ['/users/callback', false],
    ['', false],
  ]
  for (const [url, isAllowed] of expected) assert.equal(isAllowedCallback({ callbackUrls }, url), isAllowed, url)
})

test('a client without call-backs is called nowhere', () => {
  assert.equal(isAllowedCallback({ callbackUrls: new Set() }, 'https://bot.example.com/users/callback'), false)
})

const isRefused = (prefixes: string[], wanted: string): boolean => {
  try {
    redirectTarget({ redirectAfter: prefixes }, wanted)
    return false
  } catch (error) {
    assert.deepEqual([(error as Problem).status, (error as Problem).type], [400, 'redirect-after-not-allowed'])
    return true
  }
}

test('nothing asked for is nothing, whatever is allowed', () => {
  for (const redirectAfter of [[], ['/'], ['/done']])
    for (const wanted of [undefined, null, '']) assert.equal(redirectTarget({ redirectAfter }, wanted), undefined)
})

test('a prefix ends at a segment, and admits query and fragment', () => {
  const allowed = ['/app', '/app/', '/app/x/y', '/app?next=https://evil.example', '/app/x#top', '/%61pp/x', '/app/한글']
  const refused = ['/', '/ap', '/apps', '/app2/x', '/App', '/x/app', '/other']
  for (const wanted of allowed) assert.equal(isRefused(['/app'], wanted), false, wanted)
  for (const wanted of refused) assert.equal(isRefused(['/app'], wanted), true, wanted)
  assert.equal(isRefused(['/other', '/app/'], '/app/x'), false)
})

test('"/" admits every local path, and no list none', () => {
  for (const wanted of ['/', '/x', '/x/', '/x/y?z#t', '/:a', '/a@b', '/한글'])
    assert.deepEqual([isRefused(['/'], wanted), isRefused([], wanted)], [false, true], wanted)
})

const attacks = [
  '//evil.example',
  '///evil.example',
  '/\\evil.example',
  '\\/evil.example',
  '\\\\evil.example',
  '/\t/evil.example',
  '/\n/evil.example',
  ' //evil.example',
  '/ /evil.example',
  'https:evil.example',
  'https://evil.example/app',
  'HTTPS://evil.example',
  'javascript:alert(1)',
  'data:text/html,x',
  'evil.example/app',
  '@evil.example',
  '.evil.example',
  '?x',
  '#x',
  '/app\r\nSet-Cookie: a=b',
  '/app%0d%0aSet-Cookie: a=b',
  '/%0d%0a',
  '/app\u0000',
  '/app%00',
  '/app\u0085x',
  '/..//evil.example',
  '/../evil',
  '/app/..//evil.example',
  '/app/../admin',
  '/app/./x',
  '/app/%2e%2e/admin',
  '/app/%2E%2e%2fadmin',
  '/app/.%2e/admin',
  '/app/..%2fadmin',
  '/app%2f..%2fadmin',
  '/app/%252e%252e/admin',
  '/app/%25252e%25252e/admin',
  '/%2f/evil.example',
  '/%5cevil.example',
  '/%255cevil.example',
  '/app//x',
  '/app/%',
  '/app/%zz',
  '/app/%ff',
  '/app/\ud800',
]

test('a path that any reader could take for another place is refused, whatever is allowed', () => {
  for (const wanted of attacks) assert.equal(isRefused(['/', '/app'], wanted), true, JSON.stringify(wanted))
})

test('what is redirected to stays on this origin and below a prefix', () => {
  const piece = fc.constantFrom(
    '/',
    '\\',
    '.',
    '..',
    '%2e',
    '%2F',
    '%5c',
    '%25',
    'app',
    '@',
    ':',
    'evil.com',
    '\t',
    '\r',
    ' ',
    '?',
    '#',
    'ㄱ',
    '',
  )
  const at = 'https://relay.example.com'
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join('')),
      (wanted) => {
        for (const redirectAfter of [['/'], ['/app']]) {
          let target: string | undefined
          try {
            target = redirectTarget({ redirectAfter }, wanted)
          } catch {
            continue
          }
          if (target === undefined) continue
          const url = new URL(target, at)
          assert.equal(url.origin, at)
          assert.equal(url.href, at + target)
          assert.match(target, /^\/(?!\/)[!-~]*$/)
          assert.ok(url.pathname === '/app' || url.pathname.startsWith(redirectAfter[0] === '/' ? '/' : '/app/'))
        }
      },
    ),
    { numRuns: 5_000 },
  )
})

test('a target is as the browser reads it, in ASCII', () => {
  assert.equal(redirectTarget({ redirectAfter: ['/메뉴'] }, '/메뉴/오늘?날=1#위'), encodeURI('/메뉴/오늘?날=1#위'))
  assert.equal(redirectTarget({ redirectAfter: ['/%EB%A9%94%EB%89%B4'] }, '/메뉴'), encodeURI('/메뉴'))
})

test('a target is as long as a link can carry, counted as the browser reads it', () => {
  const everywhere = { redirectAfter: ['/'] }

  assert.equal(redirectTarget(everywhere, `/${'x'.repeat(2047)}`)?.length, 2048)
  for (const wanted of [`/${'x'.repeat(2048)}`, `/${'가'.repeat(228)}`, `/?${'가'.repeat(228)}`])
    assert.throws(() => redirectTarget(everywhere, wanted), { type: 'redirect-after-not-allowed' })
})
