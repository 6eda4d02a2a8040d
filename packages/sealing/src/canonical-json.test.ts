import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { CanonicalJsonError, canonicalJson } from './canonical-json.ts'

interface Vector {
  value: unknown
  raw: string
  ascii: string
}

const canonicalValues = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'medium' },
    fc.constantFrom(null, true, false, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER),
    fc.maxSafeInteger().map((number) => number + 0),
    fc.string({ unit: 'binary' }),
    fc.array(tie('value'), { maxLength: 5 }),
    fc.dictionary(fc.string({ unit: 'binary' }), tie('value'), { maxKeys: 5 }),
  ),
})).value

test('every value that Python wrote is written alike, escaped or not', () => {
  const vectors = readFileSync(new URL('../vectors/canonical-json.jsonl', import.meta.url), 'utf8')
    .trim()
    .split('\n')
    .map((line): Vector => JSON.parse(line))

  assert.ok(vectors.length > 600)
  for (const { value, raw, ascii } of vectors) {
    assert.equal(canonicalJson(value), raw)
    assert.equal(canonicalJson(value, { ascii: true }), ascii)
  }
})

test('what is written is read as the same value and written again as the same text', () => {
  fc.assert(
    fc.property(canonicalValues, (value) => {
      const read: unknown = JSON.parse(canonicalJson(value))
      const readEscaped: unknown = JSON.parse(canonicalJson(value, { ascii: true }))

      assert.equal(canonicalJson(read), canonicalJson(value))
      assert.deepEqual(readEscaped, read)
      assert.deepEqual(read, JSON.parse(JSON.stringify(value)))
      assert.match(canonicalJson(value, { ascii: true }), /^[\x20-\x7e]*$/)
    }),
  )
})

test('keys stand in code-point order whatever order they came in', () => {
  const keys = fc.uniqueArray(fc.string({ unit: 'binary', maxLength: 3 }), { maxLength: 20 })
  const aroundThePairs = fc.uniqueArray(
    fc.string({ unit: fc.constantFrom('a', '\ud7ff', '\ue000', '\uffff', '\u{10000}', '\u{10ffff}'), maxLength: 3 }),
  )
  fc.assert(
    fc.property(fc.oneof(keys, aroundThePairs), (names) => {
      const sorted = names.toSorted((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other)))
      const object = Object.fromEntries(names.map((name) => [name, 0]))

      assert.equal(canonicalJson(object), `{${sorted.map((name) => `${JSON.stringify(name)}:0`).join(',')}}`)
    }),
  )
})

test('objects without a prototype and members with names of inherited ones are written', () => {
  const bare = Object.assign(Object.create(null), { b: 1, a: [] })

  assert.equal(canonicalJson(bare), '{"a":[],"b":1}')
  assert.equal(
    canonicalJson(JSON.parse('{"toJSON":"x","__proto__":{"hasOwnProperty":null}}')),
    '{"__proto__":{"hasOwnProperty":null},"toJSON":"x"}',
  )
})

test('what two languages would write differently is refused and its place named', () => {
  const within: { self?: unknown } = {}
  within.self = within
  const refused: [unknown, string][] = [
    [{ a: [0, 1, 2, { b: 0.5 }] }, '$.a[3].b'],
    [[Number.NaN], '$[0]'],
    [{ 'no name': Number.POSITIVE_INFINITY }, '$["no name"]'],
    [2 ** 53, '$'],
    [{ id: JSON.parse('12345678901234567890') }, '$.id'],
    [{ a: -0 }, '$.a'],
    [{ a: undefined }, '$.a'],
    [new Array(1), '$'],
    [Object.assign(new Array(1), { extra: 1 }), '$[0]'],
    [Object.assign([1], { toJSON: () => [] }), '$'],
    [[() => 1], '$[0]'],
    [{ a: Symbol('x') }, '$.a'],
    [{ [Symbol('x')]: 1 }, '$'],
    [Object.defineProperty({}, 'hidden', { value: 1 }), '$'],
    [[10n], '$[0]'],
    [{ at: new Date(0) }, '$.at'],
    [new Map([['a', 1]]), '$'],
    [[new String('x')], '$[0]'],
    [new (class Pair {})(), '$'],
    [new (class Items extends Array {})(), '$'],
    [Object.create({ inherited: 1 }), '$'],
    [{ toJSON: () => 'x' }, '$.toJSON'],
    [runInNewContext('({})'), '$'],
    [{ a: 'x\ud83d' }, '$.a'],
    [{ '\udc00': 1 }, '$["\\udc00"]'],
    [within, `$${'.self'.repeat(100)}`],
    [JSON.parse('['.repeat(5000) + ']'.repeat(5000)), `$${'[0]'.repeat(100)}`],
  ]

  for (const [value, place] of refused) {
    assert.throws(
      () => canonicalJson(value),
      (error) => error instanceof CanonicalJsonError && error.message.startsWith(`${place} has no canonical JSON form`),
      place,
    )
  }
})

test('a hundred levels are written, one more is refused', () => {
  const levels = (count: number) => JSON.parse('[{"a":'.repeat(count / 2) + 0 + '}]'.repeat(count / 2))

  assert.equal(canonicalJson(levels(100)), '[{"a":'.repeat(50) + 0 + '}]'.repeat(50))
  assert.throws(() => canonicalJson(levels(102)), CanonicalJsonError)
})
