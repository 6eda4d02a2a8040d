import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ProfileContent } from '@munjigi/contracts/auth-profiles'
import { Problem } from '@munjigi/problem'
import { checkedContent } from './checked-content.ts'
import { newProfile } from './profiles.fixture.ts'
import { validContent } from './valid-content.ts'

const BASE = { description: null, refresh_config: null, expired: null }

function check(changes: Record<string, unknown>): ProfileContent {
  const { service_id, ...content } = newProfile('x', changes)
  return checkedContent(
    validContent({ ...BASE, ...content, allowed_origins: changes.allowed_origins ?? ['https://a.example'] }),
  )
}

/** The fields that are at fault. */
function faultsOf(changes: Record<string, unknown>): string[] {
  try {
    check(changes)
    return []
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    return (error.extensions.faults as { field: string; message: string }[]).map(({ field }) => field)
  }
}

const login = (changes: object) => ({ login_config: { url: 'https://a.example/in', ...changes } })
const rule = (changes: object) => ({
  extraction_rules: [
    { name: 'access_token', source: 'body' },
    { name: 'r', ...changes },
  ],
})
const injection = (changes: object) => ({
  injection_rules: [
    { source_field: 'access_token', target: 'header', key: 'X-Token', value_template: '{access_token}', ...changes },
  ],
})

const refused: [why: string, changes: Record<string, unknown>, fields: string[]][] = [
  ['no http', login({ url: 'ftp://a.example/' }), ['login_config.url']],
  ['no scheme', login({ url: 'a.example/in' }), ['login_config.url']],
  ['a scheme without slashes', login({ url: 'https:a.example/in' }), ['login_config.url']],
  ['a script', login({ url: 'javascript://a.example/%0aalert(1)' }), ['login_config.url']],
  ['a template in the host', login({ url: 'https://{access_token}.example/' }), ['login_config.url']],
  [
    'a template in the host, percent-encoded',
    login({ url: 'https://%7Baccess_token%7D.example/' }),
    ['login_config.url'],
  ],
  ['a template in the port', login({ url: 'https://a.example:{access_token}/' }), ['login_config.url']],
  ['a backslash', login({ url: 'https://a.example\\@evil.example/' }), ['login_config.url']],
  ['a line break', login({ url: 'https://a.exa\nmple/' }), ['login_config.url']],
  ['no host', login({ url: 'https:///in' }), ['login_config.url']],
  ['an unknown field in the path', login({ url: 'https://a.example/{nobody}' }), ['login_config.url']],
  ['a field of its own answer in the path', login({ url: 'https://a.example/{access_token}' }), ['login_config.url']],
  [
    'an attribute in a template',
    login({ payload: { a: { $template: 'x{access_token.__class__}' } } }),
    ['login_config.payload.a'],
  ],
  [
    'a width in a template',
    login({ query: { a: { $template: '{access_token:>1000000000}' } } }),
    ['login_config.query.a'],
  ],
  ['a mark that is none', login({ payload: { a: { $secret: 'mine' } } }), ['login_config.payload.a']],
  ['a mark with company', login({ payload: { a: { $template: 'x', b: 1 } } }), ['login_config.payload.a']],
  ['userinfo without a colon', login({ userinfo: 'nobody' }), ['login_config.userinfo']],
  ['userinfo said twice', login({ url: 'https://u:p@a.example/', userinfo: 'u:q' }), ['login_config.userinfo']],
  ['a query said twice', login({ url: 'https://a.example/?a=1', query: { a: '2' } }), ['login_config.query.a']],
  ['Host as a header', login({ headers: { Host: 'evil.example' } }), ['login_config.headers.Host']],
  ['Content-Length as a header', login({ headers: { content_length: '1' } }), ['login_config.headers.content_length']],
  ['our subject as a header', login({ headers: { 'X_User.Sub': 'park' } }), ['login_config.headers.X_User.Sub']],
  ['a header twice', login({ headers: { 'X-A': '1', 'x-a': '2' } }), ['login_config.headers.x-a']],
  ['a header with a line break', login({ headers: { 'X-A': 'a\r\nB: c' } }), ['login_config.headers.X-A']],
  ['a header whose name is none', login({ headers: { 'X A': '1' } }), ['login_config.headers.X A']],
  [
    'a path of success that is none',
    login({ success: { body: { path: 'a..b' } } }),
    ['login_config.success.body.path'],
  ],
  [
    'steps before no request',
    login({ method: 'NONE', steps: [{ url: 'https://a.example/' }] }),
    ['login_config.steps', 'extraction_rules.0.source'],
  ],
  ['a key path that is none', rule({ source: 'body', key_path: 'a[' }), ['extraction_rules.1.key_path']],
  ['a header rule without a name', rule({ source: 'header' }), ['extraction_rules.1.key_path']],
  ['a selector that is none', rule({ source: 'html', key_path: 'input[' }), ['extraction_rules.1.key_path']],
  ['a fixed rule without a value', rule({ source: 'fixed' }), ['extraction_rules.1.value']],
  ['a basic value without a colon', rule({ source: 'basic', value: 'nobody' }), ['extraction_rules.1.value']],
  ['a totp secret that is no base32', rule({ source: 'totp', value: 'secret-1' }), ['extraction_rules.1.value']],
  [
    'a template as a value of a rule',
    rule({ source: 'fixed', value: { $template: '{access_token}' } }),
    ['extraction_rules.1.value'],
  ],
  ['a step that is not there', rule({ source: 'body', step: 0 }), ['extraction_rules.1.step']],
  ['a source field that is not there', injection({ source_field: 'nobody' }), ['injection_rules.0.source_field']],
  ['an injected Host', injection({ key: 'Host' }), ['injection_rules.0.key']],
  ['an injected Transfer-Encoding', injection({ key: 'transfer-encoding' }), ['injection_rules.0.key']],
  ['a lone brace', injection({ value_template: 'Bearer {access_token' }), ['injection_rules.0.value_template']],
  [
    'a cookie with a semicolon',
    injection({ target: 'cookie', key: 'a', value_template: 'b; c={access_token}' }),
    ['injection_rules.0.value_template'],
  ],
  [
    'renewing with a field that is not there',
    { refresh_config: { enabled: true } },
    ['refresh_config.refresh_token_field'],
  ],
  ['a renewal elsewhere than by http', { refresh_config: { url: 'file:///etc/passwd' } }, ['refresh_config.url']],
  ['renewing before it begins', { ttl: 300, refresh_before_expire: 300 }, ['refresh_before_expire']],
  ['an origin with a path', { allowed_origins: ['https://a.example/api'] }, ['allowed_origins.0']],
  ['an origin with a user', { allowed_origins: ['https://u@a.example'] }, ['allowed_origins.0']],
  ['an origin with a query', { allowed_origins: ['https://a.example/?'] }, ['allowed_origins.0']],
  ['an origin of no host', { allowed_origins: ['https://a.example', '*'] }, ['allowed_origins.1']],
  ['a path of the sign of expiry that is none', { expired: { body: { path: '[' } } }, ['expired.body.path']],
  ['more values than a login has', login({ payload: { list: Array(501).fill(1) } }), ['login_config']],
  ['a value that is too long', login({ payload: { a: { b: 'x'.repeat(20_001) } } }), ['login_config.payload.a.b']],
]

for (const [why, changes, fields] of refused)
  test(`refused when saved: ${why}`, () => {
    assert.deepEqual(faultsOf(changes), fields)
  })

test('a fault of a template says at which character it is', () => {
  assert.throws(
    () => check(injection({ value_template: 'Token {access_token!r}' })),
    (error: Problem) => /^injection_rules\.0\.value_template: character 7: /.test(error.detail ?? ''),
  )
})

test('the query, user and fragment of a URL leave it, and its path stays as it was typed', () => {
  const { login_config } = check(
    login({ url: 'HTTPS://Us%40er:p%3Aw@A.Example:443/In//%41?a=1&b=%20&a=#top', query: { c: '3' } }),
  )

  assert.equal(login_config.url, 'https://a.example/In//%41')
  assert.equal(login_config.userinfo, 'Us@er:p:w')
  assert.deepEqual(login_config.query, { c: '3', a: ['1', ''], b: ' ' })
})

test('a parameter of a URL may have any name, those that every object has among them', () => {
  const { login_config } = check(login({ url: 'https://a.example/?__proto__=1&constructor=2&toString=3&toString=4' }))

  assert.deepEqual(Object.entries(login_config.query ?? {}), [
    ['__proto__', '1'],
    ['constructor', '2'],
    ['toString', ['3', '4']],
  ])
})

test("text that is fields alone is a template where they are there, and a value where they aren't", () => {
  const { login_config, refresh_config } = check({
    ...rule({ source: 'html', key_path: 'input[name=csrf]', step: 0 }),
    login_config: {
      url: 'https://a.example/{r}/in?csrf={r}',
      headers: { Authorization: 'Basic {r}', 'X-Later': '{access_token}', Accept: '{r}' },
      payload: { csrf: '{r}', both: '{r}{r}', text: 'csrf {r}', list: ['{r}'], braces: { $template: '{{r}}' } },
      steps: [{ url: 'https://a.example/form', payload: { early: '{r}' } }],
    },
    refresh_config: { headers: { Authorization: 'Bearer {access_token}' } },
  })

  const template = ($template: string) => ({ $template })
  assert.deepEqual(login_config.query, { csrf: template('{r}') })
  assert.deepEqual(login_config.headers, {
    Authorization: template('Basic {r}'),
    'X-Later': '{access_token}',
    Accept: '{r}',
  })
  assert.deepEqual(login_config.payload, {
    csrf: template('{r}'),
    both: template('{r}{r}'),
    text: 'csrf {r}',
    list: [template('{r}')],
    braces: template('{{r}}'),
  })
  assert.deepEqual(login_config.steps?.[0]?.payload, { early: '{r}' })
  assert.deepEqual(refresh_config?.headers, { Authorization: template('Bearer {access_token}') })
})

test("a fixed rule's value is taken from key_path where value says nothing or is left empty (source 004)", () => {
  const given = (changes: object) => check(rule({ source: 'fixed', ...changes })).extraction_rules[1]

  assert.deepEqual(given({ key_path: 'k' }), { name: 'r', source: 'fixed', value: 'k' })
  assert.deepEqual(given({ key_path: 'k', value: null }), { name: 'r', source: 'fixed', value: 'k' })
  assert.deepEqual(given({ key_path: 'k', value: 'v' }), { name: 'r', source: 'fixed', value: 'v' })
  assert.deepEqual(given({ key_path: 'k', value: '' }), { name: 'r', source: 'fixed', value: 'k' })
  assert.deepEqual(given({ value: '' }), { name: 'r', source: 'fixed', value: '' })
  for (const value of [0, false])
    assert.deepEqual(given({ key_path: 'k', value }), { name: 'r', source: 'fixed', value })
})

test('origins are written as browsers write them, each once', () => {
  const { allowed_origins } = check({
    allowed_origins: ['https://A.example:443/', 'https://a.example', 'http://a.example:80', 'https://예.example'],
  })

  assert.deepEqual(allowed_origins, ['https://a.example', 'http://a.example', 'https://xn--2j5b.example'])
})
