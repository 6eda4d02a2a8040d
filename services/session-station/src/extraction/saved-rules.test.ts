import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import type { AuthContext } from '@munjigi/contracts/auth-contexts'
import type { AuthProfile } from '@munjigi/contracts/auth-profiles'
import { testUpstream, type Upstream } from '@munjigi/testing/upstream'
import fc from 'fast-check'
import { type TestService, testService } from '../service.fixture.ts'

const RUNS = { numRuns: 40 }

let service: TestService
let target: Upstream
let answer: { type: string; body: string }
let number = 0
before(async () => {
  service = await testService()
  target = await testUpstream((request, response) => {
    request.resume()
    response.writeHead(200, {
      'content-type': answer.type,
      'set-cookie': 'sid=cookie-value',
      'x-token': 'header-value',
    })
    response.end(answer.body)
  })
})
after(() => Promise.all([service.close(), target.close()]))
beforeEach(() => {
  answer = { type: 'application/json', body: '{}' }
})

/** A new person's calls, and a profile of theirs to be created. */
function person(rules: Pick<AuthProfile, 'extraction_rules' | 'injection_rules'>) {
  number += 1
  const call = service.as(`person-${number}`)
  const profile = {
    service_id: 'fuzzed',
    name: 'Fuzzed',
    auth_type: 'custom',
    login_config: { url: `${target.url}/login`, payload: { password: 'planted' } },
    ...rules,
  }
  return { call, profile }
}

const written = (name: string) => `["${name.replaceAll(/["\\]/g, '\\$&')}"]`
const intoQuery = (name: string) => ({
  source_field: name,
  target: 'query' as const,
  key: 'q',
  value_template: `{${name}}`,
  required: true,
})

// What a database's jsonb cannot hold is refused when it is saved: NUL and half characters.
const name = fc.string({ unit: 'grapheme', maxLength: 10 }).filter((text) => !text.includes('\0'))
const leaf = fc.oneof(
  name.map((text) => ({ json: JSON.stringify(text), text })),
  fc.stringMatching(/^-?(0|[1-9]\d{0,25})(\.\d{1,10})?(e[+-]\d{1,3})?$/).map((text) => ({ json: text, text })),
  fc.boolean().map((value) => ({ json: String(value), text: String(value) })),
  fc
    .jsonValue({ maxDepth: 2 })
    .filter((value) => typeof value === 'object' && value !== null)
    .map((value) => ({ json: JSON.stringify(value), text: JSON.stringify(value) })),
)

test('whatever lies at whatever path of an answer reaches the caller as it was', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(name, { minLength: 1, maxLength: 8 }), leaf, async (names, { json, text }) => {
      answer.body = names.reduceRight((inner, key) => `{${JSON.stringify(key)}:${inner}}`, json)
      const { call, profile } = person({
        extraction_rules: [{ name: 'found', source: 'body', key_path: names.map(written).join('') }],
        injection_rules: [intoQuery('found')],
      })
      const created = await call('POST', '/auth-profiles', profile)
      assert.equal(created.statusCode, 201, created.body)

      const context = await call('GET', '/auth-context/fuzzed')
      // A lone U+FFFD or half a character is no text of any charset.
      if (/\ufffd/.test(text) || !text.isWellFormed()) return
      assert.equal(context.statusCode, 200, context.body)
      assert.deepEqual(context.json<AuthContext>().injections, [
        { target: 'query', key: 'q', value: text, required: true },
      ])
    }),
    RUNS,
  )
})

const nearName = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom('token', 'a') },
  fc.constantFrom('__proto__', 'constructor', 'a b', '', '0'),
)
const near = (...parts: string[]) => fc.string({ unit: fc.constantFrom(...parts), maxLength: 12 })
const extractionRule = fc.record(
  {
    name: nearName,
    source: fc.constantFrom('body', 'header', 'cookie', 'fixed', 'html', 'basic', 'totp'),
    key_path: fc.oneof(
      near('a', '.', '[', ']', '0', '"', '$', '__proto__', ' ', '*', '~', ':has(', ')', '>', '\\', '한', '\r', '\0'),
      fc.constant('sid'),
      fc.constant(null),
    ),
    value: fc.oneof(
      near('a', ':', '\n', '2', 'ENC(', ')'),
      fc.constantFrom('JBSWY3DPEHPK3PXP', 'user:pass', 0, false, null),
    ),
    step: fc.constantFrom(0, 3),
    all: fc.boolean(),
    attribute: fc.constantFrom('value', '__proto__', ''),
  },
  { requiredKeys: ['name', 'source'] },
)
const injectionRule = fc.record({
  source_field: nearName,
  target: fc.constantFrom('header', 'cookie', 'query', 'body'),
  key: fc.constantFrom('Authorization', 'x-key', 'Host', 'X_User_Sub', 'a b', '__proto__', 'k', 'a\r\nb', '한'),
  value_template: fc.oneof(
    near('{', '}', 'a', 'token', '.', '!r', ':>9', ' ', '\r\n', ';'),
    fc.constantFrom('{token}', '{a}', 'Bearer {token}', '{constructor}'),
  ),
  required: fc.boolean(),
})
const rules = fc.record({
  extraction_rules: fc.array(extractionRule, { maxLength: 3 }),
  injection_rules: fc.array(injectionRule, { maxLength: 2 }),
})
const ANSWERS = ['{"a": 1, "token": "x"}', '{"a": ', '<a id=token><input value="x\ny">', '', '[[[', 'a=1&token=2']

/** Whether a fault's field is a place of what was sent, or of what was left out of it. */
function isPlaceOf(sent: unknown, field: string): boolean {
  const path = field.split('.').slice(0, -1)
  return path.reduce<unknown>((at, key) => Object(at)[key], sent) !== undefined
}

test('any rules are saved as they are or refused at their places, and those that are saved make no login fail unnamed', async () => {
  let saved = 0
  await fc.assert(
    fc.asyncProperty(
      rules,
      fc.constantFrom(...ANSWERS),
      fc.constantFrom('application/json', 'text/html', 'application/x-www-form-urlencoded'),
      async (given, body, type) => {
        answer = { type, body }
        const { call, profile } = person(given as Pick<AuthProfile, 'extraction_rules' | 'injection_rules'>)
        const created = await call('POST', '/auth-profiles', profile)
        if (created.statusCode !== 201) {
          const problem = created.json<{ type: string; faults?: { field: string; message: string }[] }>()
          assert.deepEqual([created.statusCode, problem.type], [400, '/problems/invalid-request'], created.body)
          for (const { field } of problem.faults ?? []) assert.ok(isPlaceOf(profile, field), field)
          return
        }
        saved += 1
        assert.deepEqual(created.json<AuthProfile>().injection_rules, JSON.parse(JSON.stringify(given.injection_rules)))
        assert.ok(!created.body.includes('planted'))

        const again = await call('PUT', '/auth-profiles/fuzzed', created.json())
        assert.equal(again.statusCode, 200, again.body)
        assert.deepEqual(again.json<AuthProfile>().extraction_rules, created.json<AuthProfile>().extraction_rules)
        const tested = await call('POST', '/auth-profiles/fuzzed/test')
        assert.ok([200, 400].includes(tested.statusCode), tested.body)
        if (tested.statusCode === 400) assert.equal(tested.json().type, '/problems/test-login-failed')
        const context = await call('GET', '/auth-context/fuzzed/headers')
        assert.ok([200, 502].includes(context.statusCode), context.body)
        if (context.statusCode === 502) assert.equal(context.json().type, '/problems/target-login-failed')
        for (const [key, value] of context.statusCode === 200
          ? Object.entries(context.json<Record<string, string>>())
          : [])
          assert.ok(!/[\r\n\0]/.test(key + value) && !/^(host|x_user_sub)$/i.test(key), key)
      },
    ),
    { numRuns: 300 },
  )
  // About 28 are, of rules made by chance.
  assert.ok(saved > 5, `only ${saved} were saved`)
})

for (const [rule, field, message] of [
  [{ name: 'token', source: 'body', key_path: 'data..token' }, 'extraction_rules.0.key_path', /^character 6: /],
  [{ name: 'token', source: 'html', key_path: 'input[' }, 'extraction_rules.0.key_path', /no CSS selector/],
  [{ name: 'token', source: 'header', key_path: 'X Token' }, 'extraction_rules.0.key_path', /name of a header/],
  [{ name: 'token', source: 'totp', value: 'base32: 0189!' }, 'extraction_rules.0.value', /base32/],
  [{ name: 'token', source: 'basic', value: 'no-colon' }, 'extraction_rules.0.value', /user:password/],
] as const) {
  test(`${JSON.stringify(rule)} is refused when it is saved, with its place`, async () => {
    const { call, profile } = person({ extraction_rules: [rule], injection_rules: [intoQuery('token')] })
    const refused = await call('POST', '/auth-profiles', profile)

    assert.deepEqual([refused.statusCode, refused.json().type], [400, '/problems/invalid-request'])
    const [fault] = refused.json<{ faults: { field: string; message: string }[] }>().faults
    assert.equal(fault?.field, field)
    assert.match(fault?.message ?? '', message)
  })
}

test('a template is refused when it is saved, with the position of its fault', async () => {
  const { call, profile } = person({
    extraction_rules: [{ name: 'token', source: 'body', key_path: 'token' }],
    injection_rules: [{ ...intoQuery('token'), value_template: 'Bearer {token.__class__}' }],
  })
  const refused = await call('POST', '/auth-profiles', profile)

  assert.equal(refused.statusCode, 400)
  assert.deepEqual(refused.json().faults, [
    { field: 'injection_rules.0.value_template', message: 'character 8: a field is used whole, without . and [ ]' },
  ])
})

test('a value that a header cannot hold is a failed login and not a split request', async () => {
  answer.body = JSON.stringify({ token: 'x\r\nHost: evil.example' })
  const { call, profile } = person({
    extraction_rules: [{ name: 'token', source: 'body', key_path: 'token' }],
    injection_rules: [{ ...intoQuery('token'), target: 'header', key: 'X-Token' }],
  })
  await call('POST', '/auth-profiles', profile)
  const context = await call('GET', '/auth-context/fuzzed')

  assert.deepEqual([context.statusCode, context.json().type], [502, '/problems/target-login-failed'])
  assert.ok(!context.body.includes('evil.example'))
})
