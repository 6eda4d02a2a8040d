import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { ExtractionRule } from '../profiles/profile.ts'
import { answer, found, NOW } from './answer.fixture.ts'
import { meetsBodyCheck } from './body-check.ts'
import { extract, type Source } from './extraction.ts'
import { extractionFaults } from './extraction-faults.ts'
import { givenFields } from './given-fields.ts'

const rule = (name: string, given: Partial<ExtractionRule>): ExtractionRule => ({
  name,
  source: 'body',
  key_path: undefined,
  value: undefined,
  ...given,
})
const source = (given: Partial<Source>): Source => ({
  answers: [],
  cookie: () => undefined,
  now: NOW,
  used: new Set(),
  ...given,
})

test('the rules of source 004 find its two tokens', () => {
  const rules = [
    rule('access_token', { key_path: 'data.access_token' }),
    rule('refresh_token', { key_path: 'data.refresh_token' }),
  ]
  const given = answer('{"data": {"access_token": "abc123", "refresh_token": "def456"}}')

  assert.deepEqual(extract(rules, source({ answers: [given] })), {
    fields: { access_token: 'abc123', refresh_token: 'def456' },
    endsAt: undefined,
    faults: [],
    ignoredEnds: [],
  })
})

test('a header is found by its name in any case, the first line or all of them', () => {
  const given = answer('', 'text/plain', [
    ['x-token', 'one'],
    ['x-other', 'no'],
    ['x-token', 'two'],
    ['x-empty', ''],
  ])

  assert.equal(found({ source: 'header', key_path: 'X-Token' }, given), 'one')
  assert.equal(found({ source: 'header', key_path: 'x-token', all: true }, given), 'one, two')
  assert.equal(found({ source: 'header', key_path: 'x-empty' }, given), '')
  assert.equal(found({ source: 'header', key_path: 'x-absent', all: true }, given), undefined)
  assert.equal(found({ source: 'header', key_path: 'constructor' }, given), undefined)
})

test('a cookie is found by its name, for the address of the answer that its rule names', () => {
  const asked: [string, string][] = []
  const cookie = (name: string, url: URL) => {
    asked.push([name, url.pathname])
    return name === 'sid' ? { value: 'abc' } : undefined
  }

  assert.equal(found({ source: 'cookie', key_path: 'sid' }, answer(''), { cookie }), 'abc')
  assert.equal(found({ source: 'cookie', key_path: 'other' }, answer(''), { cookie }), undefined)
  assert.deepEqual(asked, [
    ['sid', '/login'],
    ['other', '/login'],
  ])
})

test('a rule reads the answer of its step, by default the last; what was not answered yet is neither found nor a fault', () => {
  const rules = [
    rule('csrf', { key_path: 'v', step: 0 }),
    rule('otp', { key_path: 'v', step: 1 }),
    rule('token', { key_path: 'v' }),
    rule('beyond', { key_path: 'v', step: 8 }),
  ]
  const one = answer('{"v": "first"}')
  const last = answer('{"v": "last"}')

  const begun = extract(rules, source({ answers: [one, undefined, undefined] }))
  assert.deepEqual([begun.fields, begun.faults], [{ csrf: 'first' }, []])
  const done = extract(rules, source({ answers: [one, answer('{}'), last] }))
  assert.deepEqual([done.fields, done.faults], [{ csrf: 'first', token: 'last' }, ['otp']])
})

test('of two rules with one name the last that finds something counts, and a fault is a name with no value', () => {
  const rules = [rule('t', { key_path: 'a' }), rule('t', { key_path: 'b' }), rule('t', { key_path: 'absent' })]

  const { fields, faults } = extract(rules, source({ answers: [answer('{"a": "1", "b": "2"}')] }))

  assert.deepEqual([fields, faults], [{ t: '2' }, []])
})

test('a field may have any name that a rule may have', () => {
  const { fields } = extract(
    [rule('__proto__', { key_path: 'a' }), rule('constructor', { key_path: 'a' })],
    source({ answers: [answer('{"a": "1"}')] }),
  )

  assert.deepEqual(Object.entries(fields), [
    ['__proto__', '1'],
    ['constructor', '1'],
  ])
})

test('fixed is the value, else the key path (source 004), with 0, false and empty text as values', () => {
  const given = (value: ExtractionRule['value'], key_path?: string) =>
    givenFields([rule('v', { source: 'fixed', value, key_path })], NOW).v

  assert.equal(given('a', 'b'), 'a')
  assert.equal(given(undefined, 'b'), 'b')
  assert.equal(given(null, 'b'), 'b')
  assert.equal(given('', 'b'), '')
  assert.equal(given(0, 'b'), '0')
  assert.equal(given(false), 'false')
  assert.equal(given(undefined), undefined)
})

test('basic is user:password in base64 of UTF-8 (RFC 7617)', () => {
  const given = (value: ExtractionRule['value']) => givenFields([rule('v', { source: 'basic', value })], NOW).v

  assert.equal(given('Aladdin:open sesame'), 'QWxhZGRpbjpvcGVuIHNlc2FtZQ==')
  assert.equal(given('test:123£'), 'dGVzdDoxMjPCow==')
  assert.equal(given(undefined), undefined)
})

test('given rules ask no answer, and the others give nothing without one', () => {
  const rules = [rule('f', { source: 'fixed', value: 'x' }), rule('b', { source: 'body', key_path: 'f', value: 'y' })]

  assert.deepEqual(givenFields(rules, NOW), { f: 'x' })
  assert.deepEqual(extract(rules, source({ answers: [answer('{}')] })).faults, ['b'])
})

// RFC 6238, appendix B: the seeds are 20, 32 and 64 bytes of ASCII digits.
const SEEDS = {
  SHA1: 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ',
  SHA256: 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZA====',
  SHA512: 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNA=',
} as const
for (const [seconds, algorithm, code] of [
  [59, 'SHA1', '94287082'],
  [59, 'SHA256', '46119246'],
  [59, 'SHA512', '90693936'],
  [1111111109, 'SHA1', '07081804'],
  [1111111109, 'SHA256', '68084774'],
  [1111111109, 'SHA512', '25091201'],
  [1111111111, 'SHA1', '14050471'],
  [1234567890, 'SHA256', '91819424'],
  [2000000000, 'SHA512', '38618901'],
  [20000000000, 'SHA1', '65353130'],
] as const) {
  test(`the ${algorithm} code at ${seconds} s is ${code} (RFC 6238)`, () => {
    const totp = rule('otp', { source: 'totp', value: SEEDS[algorithm], algorithm, digits: 8 })

    assert.deepEqual(givenFields([totp], seconds * 1000), { otp: code })
  })
}

test('a code follows its period and the drift of the target, and a secret may be written as people copy it', () => {
  const code = (given: Partial<ExtractionRule>, seconds: number) =>
    givenFields(
      [rule('otp', { source: 'totp', value: 'gezd gnbv-gy3t qojq gezd gnbv gy3t qojq', ...given })],
      seconds * 1000,
    ).otp

  assert.equal(code({}, 59), '287082')
  assert.equal(code({ drift: 59 }, 0), '287082')
  assert.equal(code({ drift: -1000 }, 1059), '287082')
  assert.equal(code({ period: 60 }, 119), '287082')
  assert.equal(code({ value: 'not base32!' }, 59), undefined)
  assert.equal(code({ value: undefined }, 59), undefined)
})

for (const [given, faults] of [
  [
    { source: 'body', key_path: 'a..b' },
    [{ field: 'key_path', message: 'character 3: a name, [0] or ["name"] is expected' }],
  ],
  [{ source: 'body', key_path: undefined }, []],
  [{ source: 'header', key_path: 'X Y' }, [{ field: 'key_path', message: 'the name of a header is expected' }]],
  [{ source: 'cookie', key_path: undefined }, [{ field: 'key_path', message: 'the name of a cookie is expected' }]],
  [{ source: 'html', key_path: undefined }, [{ field: 'key_path', message: 'a CSS selector is expected' }]],
  [
    { source: 'totp', value: 'secret-01' },
    [{ field: 'value', message: 'a secret in base32 is expected: A-Z and 2-7, at least 8' }],
  ],
  [
    { source: 'basic', value: 'no colon' },
    [{ field: 'value', message: 'user:password is expected, without control characters' }],
  ],
  [
    { source: 'basic', value: 'a:b\n' },
    [{ field: 'value', message: 'user:password is expected, without control characters' }],
  ],
  [{ source: 'basic', value: 'a:b:c' }, []],
  [{ source: 'totp' }, []],
  [{ source: 'fixed', key_path: 'any ] text' }, []],
] as const) {
  test(`saving ${JSON.stringify(given)} finds ${faults.length} fault`, () => {
    assert.deepEqual(extractionFaults({ key_path: undefined, value: undefined, ...given }), faults)
  })
}

for (const [json, check, holds] of [
  ['{"ok": true}', { path: 'ok', equals: true }, true],
  ['{"ok": "true"}', { path: 'ok', equals: true }, false],
  ['{"code": 0}', { path: 'code', equals: 0 }, true],
  ['{"code": 0.0}', { path: 'code', equals: 0 }, true],
  ['{"code": "0"}', { path: 'code', equals: 0 }, false],
  ['{"error": null}', { path: 'error', equals: null }, true],
  ['{}', { path: 'error', equals: null }, false],
  ['{"token": ""}', { path: 'token' }, true],
  ['{"token": null}', { path: 'token' }, false],
  ['{}', { path: 'constructor' }, false],
  ['not json', { path: 'token' }, undefined],
] as const) {
  test(`${json} ${holds ? 'meets' : 'does not meet'} ${JSON.stringify(check)}`, () => {
    assert.equal(meetsBodyCheck(answer(json), check), holds)
  })
}

test('extraction gives every rule that was answered a value or a fault', () => {
  const anyRule = fc.record({
    name: fc.constantFrom('a', 'b', 'c'),
    source: fc.constantFrom('body', 'header', 'cookie', 'html'),
    key_path: fc.constantFrom('a', 'x.y', '[', undefined),
    step: fc.constantFrom(0, 1),
  })
  fc.assert(
    fc.property(fc.array(anyRule), fc.json(), fc.boolean(), (given, json, isAnswered) => {
      const rules = given.map((one) => rule(one.name, { ...one, key_path: one.key_path }))
      const answers = [answer(json), isAnswered ? answer(`<a>${json}`, 'text/html') : undefined]
      const { fields, faults } = extract(rules, source({ answers, cookie: (name) => ({ value: name }) }))
      const answered = new Set(rules.filter(({ step }) => step === 0 || isAnswered).map(({ name }) => name))

      assert.deepEqual(new Set([...Object.keys(fields), ...faults]), answered)
      assert.equal(Object.keys(fields).length + faults.length, answered.size)
    }),
  )
})
