import assert from 'node:assert/strict'
import { mock, test } from 'node:test'
import { loginJar } from './jar.ts'

const ORIGIN = 'https://shop.example.com'
const at = (path: string, origin = ORIGIN) => new URL(path, origin)
const jarOf = (...setCookies: string[]) => {
  const jar = loginJar(undefined, [ORIGIN])
  jar.take(at('/login'), setCookies)
  return jar
}

test('cookies come back where browsers send them', () => {
  const cases: [setCookie: string, url: string, expected: string | undefined][] = [
    ['a=1; Path=/', '/data', 'a=1'],
    ['a=1', '/data', 'a=1'],
    ['a=1; Path=/admin', '/data', undefined],
    ['a=1; Path=/admin', '/admin/x', 'a=1'],
    ['a=1; Domain=example.com; Path=/', '/data', 'a=1'],
    ['a=1; Secure; Path=/', '/data', 'a=1'],
    ['a=1; Domain=com; Path=/', '/data', undefined],
    ['a=1; Domain=other.example.com; Path=/', '/data', undefined],
    ['__Host-a=1; Path=/', '/data', undefined],
    ['__Host-a=1; Secure; Path=/', '/data', '__Host-a=1'],
    ['a=1; Max-Age=0', '/data', undefined],
    ['a=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT', '/data', undefined],
    ['__proto__=1; Path=/', '/data', '__proto__=1'],
    [`a=${'x'.repeat(5_000)}`, '/data', undefined],
    ['no cookie', '/data', undefined],
    ['', '/data', undefined],
  ]
  for (const [setCookie, path, expected] of cases) {
    assert.equal(jarOf(setCookie).headerFor(at(path)), expected, setCookie)
  }
})

test('a public suffix is no domain of a cookie', () => {
  const jar = loginJar(undefined, ['https://a.co.kr', 'https://b.co.kr'])
  jar.take(new URL('https://a.co.kr/'), ['a=1; Domain=co.kr'])

  assert.equal(jar.headerFor(new URL('https://b.co.kr/')), undefined)
})

test('cookies are of and for the origins of the profile alone', () => {
  const jar = jarOf('a=1; Domain=example.com; Path=/')
  jar.take(new URL('https://evil.example.com/'), ['b=2; Domain=example.com; Path=/'])

  assert.equal(jar.headerFor(at('/')), 'a=1')
  for (const other of ['https://evil.example.com', 'http://shop.example.com', 'https://shop.example.com:8443'])
    assert.equal(jar.headerFor(at('/', other)), undefined, other)
})

test('a Secure cookie is neither taken nor sent over http, but on this machine', () => {
  const origins = ['http://shop.example.com', 'http://127.0.0.1:8080', 'http://localhost:8080']
  const jar = loginJar(undefined, origins)
  const sent = origins.map((origin) => {
    jar.take(new URL(origin), ['a=1; Secure'])
    return jar.headerFor(new URL(origin))
  })

  assert.deepEqual(sent, [undefined, 'a=1', 'a=1'])
})

test('what is written down is read back, and the same cookies are the same text', () => {
  const jar = jarOf('a=1; Path=/', 'b=2; Max-Age=100; Path=/')
  const text = jar.serialise()
  jar.headerFor(at('/'))
  const again = loginJar(text, [ORIGIN])

  assert.equal(again.headerFor(at('/')), 'a=1; b=2')
  assert.equal(again.serialise(), text)
  assert.equal(jarOf().serialise(), undefined)
  assert.equal(jarOf('a=1; Max-Age=0').serialise(), undefined)
})

test('a cookie ends by its Max-Age however often it is used, at the latest after 400 days', (t) => {
  mock.timers.enable({ apis: ['Date'], now: 1_700_000_000_000 })
  t.after(() => mock.timers.reset())
  const jar = jarOf('short=1; Max-Age=100; Path=/', 'long=1; Max-Age=99999999999; Path=/')

  assert.deepEqual(jar.find('short', at('/')), { value: '1', expires: 1_700_000_100_000 })
  assert.deepEqual(jar.find('long', at('/')), { value: '1', expires: 1_700_000_000_000 + 400 * 86_400_000 })
  for (const _ of [1, 2, 3]) {
    mock.timers.tick(40_000)
    jar.headerFor(at('/'))
  }
  assert.equal(jar.headerFor(at('/')), 'long=1')
  assert.equal(jar.find('short', at('/')), undefined)
})

test('a cookie is found by its name, first where it would be sent', () => {
  const jar = jarOf('a=here; Path=/login', 'a=there; Path=/other', 'b=elsewhere; Path=/other')

  assert.deepEqual(jar.find('a', at('/login')), { value: 'here' })
  assert.deepEqual(jar.find('a', at('/other')), { value: 'there' })
  assert.deepEqual(jar.find('b', at('/login')), { value: 'elsewhere' })
  for (const absent of ['c', '__proto__', 'constructor']) assert.equal(jar.find(absent, at('/login')), undefined)
})

test('no target fills a jar: the newest hundred stay', () => {
  const jar = jarOf(...Array.from({ length: 300 }, (_, index) => `c${index}=1; Path=/`))
  const kept = loginJar(jar.serialise(), [ORIGIN])

  assert.equal(kept.headerFor(at('/'))?.split('; ').length, 100)
  assert.deepEqual([kept.find('c199', at('/')), kept.find('c299', at('/'))], [undefined, { value: '1' }])
})

test('of long cookies fewer stay, and however many answers set some, no more are gone through', () => {
  const long = (count: number) => Array.from({ length: count }, (_, index) => `c${index}=${'x'.repeat(4000)}; Path=/`)
  const names = (text = '') => JSON.parse(text).cookies.map(({ key }: { key: string }) => key)
  assert.deepEqual(
    names(jarOf(...long(50)).serialise()),
    [...Array(16).keys()].map((index) => `c${index + 34}`),
  )

  const jar = jarOf()
  for (let turn = 0; turn < 10; turn += 1) {
    jar.take(
      at('/'),
      Array.from({ length: 1000 }, (_, index) => `t${turn}-${index}=1; Path=/`),
    )
  }
  const sent = jar.headerFor(at('/'))?.split('; ')
  assert.ok(sent && sent.length <= 200)
  assert.equal(sent.at(-1), 't9-999=1')
})
