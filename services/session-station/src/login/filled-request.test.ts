import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { LoginRequest, Tree } from '../profiles/profile.ts'
import { filledRequest } from './filled-request.ts'
import { loginRequest } from './login.fixture.ts'
import { LoginError } from './login-error.ts'

const request = (given: Partial<LoginRequest>) => loginRequest({ url: 'https://target.example/login', ...given })
const FORM = { 'content-type': 'application/x-www-form-urlencoded' }
const refusal = (kind: string) => (error: unknown) => error instanceof LoginError && error.failure.kind === kind

test('a payload is JSON, leaves keep their kinds, templates become text', () => {
  const payload = { user: 'kim', n: 1, yes: true, none: null, deep: { list: [{ $template: 'x{csrf}' }, 2] } }
  const { body, headers } = filledRequest(request({ payload }), { csrf: 'a"b' })

  assert.equal(body, '{"user":"kim","n":1,"yes":true,"none":null,"deep":{"list":["xa\\"b",2]}}')
  assert.equal(headers['content-type'], 'application/json')
  assert.equal(headers['user-agent'], 'munjigi-session-station')
  assert.equal(filledRequest(request({ headers: { 'Content-Type': 'application/vnd.a+json' } }), {}).body, '{}')
})

test('a payload is a form where the content type says so, and the query of a GET', () => {
  const payload: Record<string, Tree> = { user: '김 &=', tags: ['a', 'b'], none: null, deep: { a: 1 } }
  const expected = new URLSearchParams([
    ['user', '김 &='],
    ['tags', 'a'],
    ['tags', 'b'],
    ['deep', '{"a":1}'],
  ]).toString()
  const get = filledRequest(request({ method: 'GET', payload, query: { first: '1' } }), {})

  assert.equal(filledRequest(request({ payload, headers: FORM }), {}).body, expected)
  assert.equal(get.url.search, `?first=1&${expected}`)
  assert.equal(get.body, undefined)
  assert.equal(filledRequest(request({ method: 'DELETE' }), {}).body, undefined)
})

test('userinfo is sent as Basic unless Authorization is given; a null leaves a default header out', () => {
  const basic = `Basic ${Buffer.from('김:pa:ss').toString('base64')}`

  assert.equal(filledRequest(request({ userinfo: '김:pa:ss' }), {}).headers.authorization, basic)
  const given = request({
    userinfo: 'a:b',
    headers: { AUTHORIZATION: { $template: 'Bearer {t}' }, Accept: 'text/html' },
  })
  assert.equal(filledRequest(given, { t: 'x' }).headers.authorization, 'Bearer x')
  assert.equal(filledRequest(given, { t: 'x' }).headers.accept, 'text/html')
})

test('a value in a path stays within its segment, whatever it is', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (value) => {
      try {
        const { url } = filledRequest(request({ url: 'https://target.example/a/{v}/b' }), { v: value })
        const [, first, filled, last, ...more] = url.pathname.split('/')
        assert.deepEqual([url.origin, first, last, more.length], ['https://target.example', 'a', 'b', 0])
        assert.equal(decodeURIComponent(filled ?? ''), value)
        assert.equal(url.search + url.hash, '')
      } catch (error) {
        assert.ok(refusal('refused')(error))
      }
    }),
  )
})

test('a value that would lead the path elsewhere is refused', () => {
  for (const value of ['', '.', '..', 'a/b', 'a\\b', '/', '\ud800'])
    assert.throws(() => filledRequest(request({ url: 'https://t.example/a/{v}' }), { v: value }), refusal('refused'))
  assert.throws(() => filledRequest(request({ url: 'https://t.example/.{v}/x' }), { v: '.' }), refusal('refused'))
  assert.throws(() => filledRequest(request({ url: 'https://t.example/{v}%2e/x' }), { v: '.' }), refusal('refused'))
  const { url } = filledRequest(request({ url: 'https://t.example/{v}' }), { v: '?a=b#c%2f' })
  assert.equal(url.href, 'https://t.example/%3Fa%3Db%23c%252f')
})

test('a template whose field is absent is a bad answer, inherited properties are absent', () => {
  for (const field of ['csrf', 'constructor', '__proto__']) {
    const template = { $template: `{${field}}` }
    for (const given of [{ payload: { a: [template] } }, { query: { a: template } }, { headers: { a: template } }])
      assert.throws(() => filledRequest(request(given), {}), refusal('bad-answer'))
  }
  assert.throws(() => filledRequest(request({ url: 'https://t.example/{x}' }), {}), refusal('bad-answer'))
})

test('a value that a header cannot carry is refused and not told', () => {
  for (const value of ['a\r\nx: y', 'a\0', '한'])
    assert.throws(
      () => filledRequest(request({ headers: { 'x-key': { $template: '{v}' } } }), { v: value }),
      (error) => refusal('refused')(error) && !(error as Error).message.includes(value),
    )
})
