import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { keyRing } from './fernet.ts'

const KEY = 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8='
const OTHER = randomBytes(32).toString('base64url')
const VECTOR = 'gAAAAABlU_EAAAECAwQFBgcICQoLDA0OD1KJY3y_dOLp3XY4yutmHHC5IXRJT91bem3PYgNCGHR1lRYdhqU6NubpCFfSFnRwrg=='

interface Vector {
  keys: string[]
  token: string
  text: string
  is_current: boolean
}

test('a token made by another implementation opens', () => {
  assert.equal(keyRing(KEY).open(VECTOR), 'hello 한')
})

test('tokens made by Python under one or several keys open, and those of the first key are current', () => {
  const vectors = readFileSync(new URL('../vectors/fernet.jsonl', import.meta.url), 'utf8')
    .trim()
    .split('\n')
    .map((line): Vector => JSON.parse(line))

  assert.ok(vectors.some((vector) => vector.keys.length === 3 && !vector.is_current))
  for (const { keys, token, text, is_current } of vectors) {
    const ring = keyRing(keys.join(','))
    assert.equal(ring.open(token), text)
    assert.equal(ring.isCurrent(token), is_current)
  }
})

test('any well-formed text comes back as it was, for any place, under any key of the ring', () => {
  const keys = fc.array(fc.uint8Array({ minLength: 32, maxLength: 32 }), { minLength: 1, maxLength: 4 })
  fc.assert(
    fc.property(keys, fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (raw, text, place) => {
      const names = raw.map((bytes) => Buffer.from(bytes).toString('base64url'))
      const ring = keyRing(names.join(','))

      for (const key of names) {
        assert.equal(ring.open(keyRing(key).seal(text)), text)
        assert.equal(ring.open(keyRing(key).seal(text, place), place), text)
      }
    }),
  )
})

test('a text with half of a surrogate pair is not sealed: it would open as another', () => {
  assert.throws(() => keyRing(KEY).seal('x\ud83d'), /half of a surrogate pair/)
})

test('a token of an older key, or of none, is not current', () => {
  const old = keyRing(KEY).seal('secret')
  const rotated = keyRing(`${OTHER},${KEY}`)

  assert.ok(keyRing(KEY).isCurrent(old))
  assert.ok(!rotated.isCurrent(old))
  assert.ok(rotated.isCurrent(rotated.seal(rotated.open(old))))
  assert.ok(!keyRing(OTHER).isCurrent(old))
  assert.throws(() => rotated.isCurrent('secret'), /not a Fernet token/)
})

test('what is sealed opens again and differs each time', () => {
  const ring = keyRing(KEY)
  const tokens = ['', 'x', 'é 한 🙂', 'a'.repeat(10_000)].map(
    (text) => [text, ring.seal(text), ring.seal(text)] as const,
  )

  for (const [text, one, two] of tokens) {
    assert.notEqual(one, two)
    assert.equal(ring.open(one), text)
    assert.match(one, /^gAAAAA[\w-]+=*$/)
  }
})

test('the first key seals and every key of the ring opens', () => {
  const old = keyRing(KEY).seal('secret')
  const rotated = keyRing(`${OTHER}, ${KEY}`)

  assert.equal(rotated.open(old), 'secret')
  assert.equal(keyRing(OTHER).open(rotated.seal('secret')), 'secret')
  assert.throws(() => keyRing(OTHER).open(old), /none of the 1 sealing keys/)
})

test('a secret moved to another place does not open', () => {
  const ring = keyRing(KEY)
  const token = ring.seal('secret', 'signing-keys:a')

  assert.equal(ring.open(token, 'signing-keys:a'), 'secret')
  for (const place of ['signing-keys:b', 'signing-keys', ''])
    assert.throws(() => ring.open(token, place), /another place/)
  assert.throws(() => ring.open(ring.seal('secret'), 'signing-keys:a'), /another place/)
})

test('a token with any byte changed, cut or lengthened does not open', () => {
  const ring = keyRing(KEY)
  const bytes = Buffer.from(VECTOR, 'base64url')
  const changed = [...bytes.keys()].map((at) =>
    Buffer.from(bytes.map((byte, index) => (index === at ? byte ^ 1 : byte))),
  )
  const faulty = [
    ...changed,
    bytes.subarray(1),
    bytes.subarray(0, -1),
    bytes.subarray(0, -16),
    Buffer.concat([bytes, bytes]),
  ]

  for (const token of [
    ...faulty.map((each) => padded(each)),
    '',
    'x',
    VECTOR.replace('==', ''),
    `${VECTOR} `,
    VECTOR.replaceAll('_', '/'),
  ]) {
    assert.throws(() => ring.open(token), /not a Fernet token|none of the 1 sealing keys/)
  }
})

test('a bad key is named by its position and never shown', () => {
  for (const bad of ['', 'short', KEY.slice(0, -2), `${KEY}AAAA`, KEY.replace('A', '!'), KEY.replace('A', '*')]) {
    assert.throws(
      () => keyRing(`${OTHER},${bad}`),
      /^Error: sealing key 2 is not 32 bytes in URL-safe base64: make one with "openssl rand -base64 32 \| tr \+\/ -_"$/,
    )
  }
})

function padded(bytes: Buffer): string {
  const text = bytes.toString('base64url')
  return text.padEnd(Math.ceil(text.length / 4) * 4, '=')
}
