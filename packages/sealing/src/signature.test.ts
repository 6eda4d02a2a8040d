import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { canonicalJson } from './canonical-json.ts'
import { isSignedPayload, signatureOf } from './signature.ts'

interface Vector {
  secret: string
  value: unknown
  raw: string
  raw_signature: string
  ascii: string
  ascii_signature: string
}

const SECRET = '0123456789abcdef0123456789abcdef'
const PAYLOAD = { chatbot_user_id: '카카오-🙂', ts: 1_767_225_600 }
const RAW = signatureOf(SECRET, canonicalJson(PAYLOAD))
const vectors = readFileSync(new URL('../vectors/canonical-json.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map((line): Vector => JSON.parse(line))

test('signatures made by Python are made alike, and both forms of a payload are taken', () => {
  for (const { secret, value, raw, raw_signature, ascii, ascii_signature } of vectors) {
    assert.equal(signatureOf(secret, raw), raw_signature)
    assert.equal(signatureOf(secret, ascii), ascii_signature)
    assert.ok(isSignedPayload(secret, value, raw_signature))
    assert.ok(isSignedPayload(secret, value, ascii_signature))
  }
})

test('no secret but the one that signed is taken', () => {
  for (const { secret, value, raw_signature } of vectors.slice(0, 100)) {
    assert.ok(!isSignedPayload(`${secret}x`, value, raw_signature))
  }
})

test('a payload changed in any member is not the one that was signed', () => {
  for (const changed of [
    { ...PAYLOAD, ts: 1_767_225_601 },
    { ...PAYLOAD, ts: '1767225600' },
    { ...PAYLOAD, chatbot_user_id: '카카오-🙃' },
    { ...PAYLOAD, extra: null },
    { ts: PAYLOAD.ts },
    [PAYLOAD],
    canonicalJson(PAYLOAD),
    null,
  ]) {
    assert.ok(!isSignedPayload(SECRET, changed, RAW))
  }
})

test('any other text than the signature is refused and throws nothing', () => {
  const near = [undefined, '', ' ', `${RAW}=`, `${RAW} `, ` ${RAW}`, RAW.slice(1), RAW.toLowerCase(), `${RAW},${RAW}`]
  const changed = [...RAW].map((sign, at) => RAW.slice(0, at) + (sign === 'A' ? 'B' : 'A') + RAW.slice(at + 1))
  const encodings = ['base64', 'hex'] as const
  const otherwise = encodings.map((encoding) => Buffer.from(RAW, 'base64url').toString(encoding))

  for (const signature of [...near, ...changed, ...otherwise, '\u0100'.repeat(43), 'A'.repeat(100_000)]) {
    assert.ok(!isSignedPayload(SECRET, PAYLOAD, signature), String(signature).slice(0, 60))
  }
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (signature) => !isSignedPayload(SECRET, PAYLOAD, signature)))
})

test('a payload without canonical form is signed by nobody', () => {
  for (const text of ['1.5', '{"a":"\\ud800"}', '12345678901234567890', '['.repeat(5000) + ']'.repeat(5000)]) {
    assert.ok(!isSignedPayload(SECRET, JSON.parse(text), signatureOf(SECRET, text)))
  }
  assert.ok(!isSignedPayload(SECRET, undefined, signatureOf(SECRET, '')))
})

test('an empty secret is an error, not a signature', () => {
  assert.throws(() => signatureOf('', 'text'), /empty secret/)
  assert.throws(() => isSignedPayload('', PAYLOAD, RAW), /empty secret/)
})
