import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Injection } from '@munjigi/contracts/auth-contexts'
import fc from 'fast-check'
import { forbiddenHeader } from './header-rules.ts'
import { injectionFaults } from './injection-faults.ts'
import { buildInjections, flatHeaders, InjectionError } from './injections.ts'

type Target = Injection['target']
const rule = (target: Target, key: string, value_template: string, source_field = 'token') => ({
  source_field,
  target,
  key,
  value_template,
  required: false,
})

test('a rule puts its field into its template (source 004)', () => {
  const rules = [{ ...rule('header', 'Authorization', 'Bearer {token}'), required: true }]

  assert.deepEqual(buildInjections(rules, { token: 'abc' }), [
    { target: 'header', key: 'Authorization', value: 'Bearer abc', required: true },
  ])
})

test('a rule that lacks its field, or any other that its template names, yields nothing', () => {
  const rules = [
    rule('header', 'A', '{token}'),
    rule('header', 'B', '{token}{other}'),
    rule('header', 'C', 'fixed', 'other'),
  ]

  assert.deepEqual(buildInjections(rules, {}), [])
  assert.deepEqual(
    buildInjections(rules, { token: 'x' }).map(({ key }) => key),
    ['A'],
  )
  assert.deepEqual(buildInjections([rule('query', 'q', '{constructor}', 'constructor')], {}), [])
})

test('0, false and empty text are values', () => {
  for (const token of ['0', 'false', ''])
    assert.equal(buildInjections([rule('query', 'q', '{token}')], { token })[0]?.value, token)
})

test('nothing that is injected into a header or a cookie can end it, whatever the value and the template are', () => {
  const nasty = fc.string({
    unit: fc.constantFrom('a', '\r', '\n', '\0', '\t', ';', ',', '"', ' ', '한', '\x7f', '\xe9', '\ud800'),
  })
  fc.assert(
    fc.property(nasty, fc.constantFrom<Target>('header', 'cookie'), (token, target) => {
      let value: string | undefined
      try {
        value = buildInjections([rule(target, 'x', '{token}')], { token })[0]?.value
      } catch (error) {
        assert.ok(error instanceof InjectionError)
        if (token !== '') assert.ok(!error.message.includes(token) || token.length < 3)
        assert.match(token, target === 'cookie' ? /[\r\n\0\x7f한\ud800;]/ : /[\r\n\0\x7f한\ud800]/)
        return
      }
      assert.equal(value, token)
      assert.match(token, target === 'cookie' ? /^[^\r\n\0\x7f한\ud800;]*$/ : /^[^\r\n\0\x7f한\ud800]*$/)
    }),
  )
})

test('any text goes into query and body, but half a character does not', () => {
  const token = 'a\r\n\0;한😀{other}$&'
  for (const target of ['query', 'body'] as const) {
    assert.equal(buildInjections([rule(target, 'ключ', '{token}')], { token })[0]?.value, token)
    assert.throws(() => buildInjections([rule(target, 'q', '{token}')], { token: '\ud800' }), InjectionError)
  }
})

for (const value of ['NTLM TlRMTVNTUAAB', 'Negotiate YIIJ', 'ntlm', ' negotiate x']) {
  test(`Authorization: ${value} is refused, since it would log a shared connection in`, () => {
    assert.throws(() => buildInjections([rule('header', 'authorization', '{token}')], { token: value }), InjectionError)
  })
}

test('a refused injection names its rule and not its value', () => {
  const rules = [rule('query', 'q', '{token}'), rule('header', 'X-Key', '{token}')]

  assert.throws(() => buildInjections(rules, { token: 'secret\r\nHost: evil' }), {
    message: 'injection_rules.1 (header X-Key): a header cannot hold a line break, NUL or another control character',
  })
})

test('a template that repeats a long value is refused before it is filled', () => {
  const rules = [rule('body', 'b', '{token}'.repeat(2000))]

  assert.throws(() => buildInjections(rules, { token: 'x'.repeat(30_000) }), InjectionError)
})

test('all that one login injects is limited, however many rules there are', () => {
  const rules = Array.from({ length: 5 }, (_, index) => rule('body', `b${index}`, '{token}'))

  assert.equal(buildInjections(rules.slice(0, 4), { token: 'x'.repeat(32_768) }).length, 4)
  assert.throws(() => buildInjections(rules, { token: 'x'.repeat(32_768) }), InjectionError)
})

test('equal headers are merged with a semicolon, cookies into one Cookie (source 004)', () => {
  const all: Injection[] = [
    { target: 'header', key: 'Cookie', value: 'a=1', required: true },
    { target: 'cookie', key: 'b', value: '2', required: false },
    { target: 'header', key: 'cookie', value: 'c=3', required: false },
    { target: 'header', key: 'X-Key', value: 'k', required: false },
    { target: 'query', key: 'q', value: 'not a header', required: false },
    { target: 'body', key: 'q', value: 'not a header', required: false },
  ]

  assert.deepEqual(flatHeaders(all), { Cookie: 'a=1; b=2; c=3', 'X-Key': 'k' })
})

test('flat headers hold every header once, own properties only', () => {
  const key = fc.constantFrom('a', 'A', 'b', '__proto__', 'constructor', 'toString')
  fc.assert(
    fc.property(fc.array(fc.record({ key, value: fc.string() })), (pairs) => {
      const flat = flatHeaders(pairs.map((pair) => ({ ...pair, target: 'header', required: false })))
      const names = new Set(pairs.map((pair) => pair.key.toLowerCase()))

      assert.deepEqual(new Set(Object.keys(flat).map((name) => name.toLowerCase())), names)
      assert.equal(Object.keys(flat).length, names.size)
    }),
  )
})

test('headers that frame a message or speak for somebody are forbidden in every spelling', () => {
  const names = [
    'host',
    'content-length',
    'transfer-encoding',
    'connection',
    'te',
    'upgrade',
    'expect',
    'forwarded',
    'proxy-authorization',
    'proxy-connection',
    'x-user-sub',
    'x-forwarded-for',
    'x-forwarded-host',
  ]
  const separators = fc.constantFrom('-', '_', '.', '~', '!')
  fc.assert(
    fc.property(fc.constantFrom(...names), separators, fc.boolean(), (name, separator, isUpper) => {
      const spelled = name.replaceAll('-', separator)
      assert.ok(forbiddenHeader(isUpper ? spelled.toUpperCase() : spelled))
    }),
  )
  for (const name of [
    'Authorization',
    'Cookie',
    'X-API-Key',
    'X-Tenant-Id',
    'hostname',
    'proxyish',
    'x-forwardedness',
    'accept',
  ])
    assert.ok(!forbiddenHeader(name), name)
})

for (const [given, field, message] of [
  [rule('header', 'X', 'Bearer {tokn}'), 'value_template', 'character 8: there is no field tokn'],
  [rule('header', 'X', '{token}', 'other'), 'source_field', 'there is no extraction rule named other'],
  [rule('header', 'Host', '{token}'), 'key', 'is a header that nobody may set'],
  [rule('header', 'X Y', '{token}'), 'key', 'is no name of a header'],
  [rule('header', 'X\r\nY', '{token}'), 'key', 'is no name of a header'],
  [rule('cookie', 'a=b', '{token}'), 'key', 'is no name of a cookie'],
  [rule('query', '\ud800', '{token}'), 'key', 'is no text'],
  [
    rule('header', 'X', 'a\n{token}'),
    'value_template',
    'a header cannot hold a line break, NUL or another control character',
  ],
  [rule('cookie', 'X', 'a;{token}'), 'value_template', 'a cookie cannot hold a semicolon'],
  [
    rule('header', 'Authorization', 'NTLM {token}'),
    'value_template',
    'NTLM and Negotiate log a connection in, not a request',
  ],
] as const) {
  test(`saving refuses ${JSON.stringify([given.target, given.key, given.value_template])}`, () => {
    assert.deepEqual(injectionFaults(given, new Set(['token'])), [{ field, message }])
  })
}

test('saving finds nothing wrong with the rules of source 004', () => {
  assert.deepEqual(injectionFaults(rule('header', 'Authorization', 'Bearer {token}'), new Set(['token'])), [])
  assert.deepEqual(injectionFaults(rule('cookie', 'JSESSIONID', '{token}'), new Set(['token'])), [])
})
