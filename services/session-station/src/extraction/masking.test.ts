import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { answer } from './answer.fixture.ts'
import { maskedBody, maskedHeaders } from './masking.ts'

test('JSON keeps its structure, its names, true, false and null, and nothing else', () => {
  const body =
    '{"token": "abc", "n": 12345678901234567890, "one": 1, "ok": true, "none": null, "list": ["x", {"y": "z"}]}'

  assert.deepEqual(maskedBody(answer(body)), {
    token: '[masked]',
    n: '[masked]',
    one: '[masked]',
    ok: true,
    none: null,
    list: ['[masked]', { y: '[masked]' }],
  })
  assert.equal(maskedBody(answer('"abc"', 'text/plain')), '[masked]')
})

test('no text and no number of an answer is seen in what is shown of it, whatever its type', () => {
  const marker = 'PLANTED-7c1f'
  const type = fc.constantFrom(
    'application/json',
    'text/html',
    'text/plain',
    'application/x-www-form-urlencoded',
    `text/plain; x=${marker}`,
    `application/json; charset="${marker}"; ${marker}`,
    '',
  )
  const leaf = fc.constantFrom(marker, `a ${marker}`, marker.repeat(30))
  const json = fc.letrec((tie) => ({
    value: fc.oneof(
      leaf,
      fc.array(tie('value')),
      fc.dictionary(fc.constantFrom('k', '__proto__', marker.repeat(8)), tie('value')),
    ),
  })).value
  const body = fc.oneof(
    json.map((value) => JSON.stringify(value)),
    leaf,
    leaf.map((text) => `t=${text}&u=${text}`),
    leaf.map((text) => `<p>${text}`),
    leaf.map((text) => `{"a": "${text}`),
  )
  fc.assert(
    fc.property(body, type, (text, contentType) => {
      const given = answer(text, contentType, [
        ['set-cookie', `sid=${marker}; Path=/${marker}`],
        ['location', `/${marker}`],
        ['x-token', marker],
        ['set-cookie', marker],
      ])
      const shown = JSON.stringify([maskedBody(given), maskedHeaders(given.headers)])

      assert.ok(!shown.includes(marker), shown)
    }),
  )
})

test('a form keeps its names', () => {
  assert.equal(maskedBody(answer('QWxhZGRpbg==', 'application/x-www-form-urlencoded')), '[masked]=[masked]')
  assert.equal(
    maskedBody(answer('access_token=abc&expires_in=60&%ED%95%9C=x', 'application/x-www-form-urlencoded')),
    'access_token=[masked]&expires_in=[masked]&%ED%95%9C=[masked]',
  )
})

for (const [body, type, shown] of [
  ['<p>secret</p>', 'text/html; charset=utf-8', '[masked: text/html, 13 characters]'],
  ['secret', 'text/plain', '[masked: text/plain, 6 characters]'],
  ['{"a": "secret"', 'application/json', '[masked: application/json, 14 characters]'],
  ['secret', 'no type at all', '[masked: unknown type, 6 characters]'],
  ['secret', 'text/plain; charset=klingon', '[masked: text/plain, 6 bytes]'],
  ['', 'text/plain', ''],
  [`{"a": "${'x'.repeat(70_000)}"}`, 'application/json', '[masked: application/json, 70009 characters]'],
  ['x'.repeat(1_100_000), 'text/html', '[masked: text/html, 1100000 bytes]'],
] as const) {
  test(`of ${body.slice(0, 20) || 'nothing'} as ${type} is shown: ${shown || 'nothing'}`, () => {
    assert.equal(maskedBody(answer(body, type)), shown)
  })
}

test('headers keep their names, cookies theirs, and values that tell nothing of a person', () => {
  const shown = maskedHeaders([
    ['content-type', 'application/json; charset=utf-8'],
    ['content-length', '12'],
    ['set-cookie', 'sid=abc; Path=/; HttpOnly'],
    ['set-cookie', 'lang=ko'],
    ['location', '/home?token=abc'],
    ['x-auth-token', 'abc'],
    ['retry-after', '3'],
  ])

  assert.deepEqual(shown, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': '12',
    'set-cookie': 'sid=[masked], lang=[masked]',
    location: '[masked]',
    'x-auth-token': '[masked]',
    'retry-after': '3',
  })
})
