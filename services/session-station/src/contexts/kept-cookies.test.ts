import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bearerRule } from '../injection/bearer-rule.fixture.ts'
import { loginJar } from '../login/jar.ts'
import { loginRequest, openProfile, rule } from '../login/login.fixture.ts'
import type { Context } from './context.ts'
import { withCookies } from './kept-cookies.ts'
import { newContext } from './new-context.ts'

const url = new URL('https://target.example/app')
const making = { login_number: 1, made_by: 'login' as const, deaths: 0, now: 0 }

/** Of a login that set `sid=old`, which is injected beside a value that happens to be the same. */
function context(): Context {
  const jar = loginJar(undefined, [url.origin])
  jar.take(url, ['sid=old; Path=/'])
  const profile = openProfile([loginRequest({ url: url.href })], {
    extraction_rules: [
      rule({ name: 'session', source: 'cookie', key_path: 'sid' }),
      rule({ name: 'token', source: 'body', key_path: 'token' }),
    ],
    injection_rules: [
      bearerRule('token'),
      { source_field: 'session', target: 'cookie', key: 'sid', value_template: '{session}', required: true },
    ],
  })
  return newContext(
    profile,
    { fields: { session: 'old', token: 'old' }, jar: jar.serialise(), endsAt: undefined },
    making,
  )
}

test('an injected cookie follows the one that is set anew, and nothing else does', () => {
  const after = withCookies(context(), url, ['sid=new; Path=/', 'other=1; Path=/'])

  assert.deepEqual(after?.headers, { Authorization: 'Bearer old', Cookie: 'sid=new' })
  assert.deepEqual(after?.fields, { session: 'new', token: 'old' })
  assert.equal(loginJar(after?.jar, [url.origin]).headerFor(url), 'sid=new; other=1')
})

test('what is not injected only goes into the jar, and the same again changes nothing', () => {
  const after = withCookies(context(), url, ['other=1; Path=/'])
  assert.ok(after)

  assert.deepEqual([after.headers.Cookie, after.fields.session], ['sid=old', 'old'])
  assert.equal(withCookies(after, url, ['other=1; Path=/']), undefined)
  assert.equal(withCookies(after, new URL('https://elsewhere.example'), ['sid=stolen; Path=/']), undefined)
})

test('a cookie that ends leaves the jar, and one that cannot be injected is not', () => {
  const ended = withCookies(context(), url, ['sid=; Max-Age=0; Path=/'])
  const odd = withCookies(context(), url, ['sid=a\u0100b; Path=/'])

  assert.equal(ended?.jar, undefined)
  assert.equal(ended?.headers.Cookie, 'sid=old')
  assert.equal(odd?.headers.Cookie, 'sid=old')
})
