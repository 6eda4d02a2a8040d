import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { fieldsOf, fill, isPlainTemplate, TemplateError, templateFaults } from './template.ts'

const name = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_-]{0,20}$/)
const piece = fc.oneof(fc.record({ text: fc.string({ unit: 'grapheme' }) }), fc.record({ field: name }))
const written = (text: string) => text.replaceAll('{', '{{').replaceAll('}', '}}')

test('a template is its text with the values of its fields, whatever either holds', () => {
  fc.assert(
    fc.property(fc.array(piece), fc.dictionary(name, fc.string({ unit: 'grapheme' })), (pieces, values) => {
      const fields = Object.fromEntries([
        ...pieces.flatMap((p) => ('field' in p ? [[p.field, `<${p.field}>`]] : [])),
        ...Object.entries(values),
      ])
      const template = pieces.map((p) => ('field' in p ? `{${p.field}}` : written(p.text))).join('')
      const expected = pieces.map((p) => ('field' in p ? fields[p.field] : p.text)).join('')

      assert.deepEqual(templateFaults(template), [])
      assert.equal(fill(template, fields), expected)
    }),
  )
})

test('a text is either refused with a position inside it, or can be filled', () => {
  const near = fc.string({ unit: fc.constantFrom('{', '}', 'a', '_', '1', '.', '[', '!', ':', '0', '한', '😀', '\n') })
  fc.assert(
    fc.property(near, (text) => {
      const faults = templateFaults(text)
      const fields = Object.fromEntries(fieldsOf(text).map((field) => [field, 'v']))
      if (faults.length === 0) assert.equal(typeof fill(text, fields), 'string')
      for (const { position } of faults) assert.match([...text][position - 1] ?? '', /[{}]/)
    }),
  )
})

test('filling never reads what was filled in', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('{', '}', '$', '&', 'a', 'b', '1', '`', "'") }), (value) => {
      assert.equal(fill('[{a}]', { a: value, b: 'secret' }), `[${value}]`)
    }),
  )
})

for (const [template, position, message] of [
  ['{}', 1, /missing/],
  ['a{}', 2, /missing/],
  ['{0}', 1, /begins with a letter/],
  ['{a.__class__}', 1, /without \. and/],
  ['{a[0]}', 1, /without \. and/],
  ['{a!r}', 1, /conversion/],
  ['{a:>1000000000}', 1, /format/],
  ['{a b}', 1, /begins with a letter/],
  ['{한}', 1, /begins with a letter/],
  ['Bearer {', 8, /a \{ alone/],
  ['Bearer }', 8, /a \} alone/],
  ['{{}', 3, /a \} alone/],
  ['{a}}', 4, /a \} alone/],
  ['{a{b}}', 1, /a \{ alone/],
  ['😀한{', 3, /a \{ alone/],
  [`{${'a'.repeat(65)}}`, 1, /at most 64/],
] as const) {
  test(`${JSON.stringify(template).slice(0, 30)} is refused at character ${position}`, () => {
    const [fault] = templateFaults(template)

    assert.equal(fault?.position, position)
    assert.match(fault?.message ?? '', message)
    assert.throws(() => fill(template, { a: 'x', b: 'y' }), TemplateError)
  })
}

for (const [template, filled] of [
  ['', ''],
  ['{{a}}', '{a}'],
  ['{{{a}}}', '{x}'],
  ['{a}{a}', 'xx'],
  ['{a-b}{_c}', '12'],
  ['{{}}', '{}'],
] as const) {
  test(`${JSON.stringify(template)} is filled as Python's str.format would`, () => {
    assert.equal(fill(template, { a: 'x', 'a-b': '1', _c: '2' }), filled)
  })
}

test('a field that is not known is refused at its place, once fields are known', () => {
  assert.deepEqual(templateFaults('Bearer {tokn}', new Set(['token'])), [
    { position: 8, message: 'there is no field tokn' },
  ])
  assert.deepEqual(templateFaults('Bearer {tokn}'), [])
})

test('what an object inherits is no field', () => {
  for (const inherited of ['constructor', '__proto__', 'toString', 'hasOwnProperty'])
    assert.throws(() => fill(`{${inherited}}`, {}), TemplateError)
  assert.equal(fill('{__proto__}', JSON.parse('{"__proto__": "own"}')), 'own')
})

test('a short template cannot make a long text', () => {
  assert.throws(() => fill('{a}'.repeat(1000), { a: 'x'.repeat(30_000) }), /more than 65536 characters/)
})

test('ten thousand faults cost as little as ten', () => {
  assert.equal(templateFaults('{ '.repeat(10_000)).length, 10)
})

test('what is plain has fields alone, behind the name of a scheme perhaps', () => {
  for (const plain of ['{a}', 'Bearer {a}', 'Basic {a}', 'Token {a}', 'JWT {a}', '{a}{b}'])
    assert.ok(isPlainTemplate(plain), plain)
  for (const other of [
    '',
    'Bearer ',
    'bearer {a}',
    'Bearer  {a}',
    'x{a}',
    '{a}x',
    '{a}Bearer ',
    '{{a}}',
    '{a.b}',
    '{a',
    'Bearer {a} {b}',
  ])
    assert.ok(!isPlainTemplate(other), other)
})
