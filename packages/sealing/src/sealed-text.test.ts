import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { keyRing } from './fernet.ts'
import { sealedText } from './sealed-text.ts'

const OLD = randomBytes(32).toString('base64url')
const NEW = randomBytes(32).toString('base64url')
const PLACE = 'auth-profiles:7f0c:login.password'

test('a secret opens where it was sealed and nowhere else', () => {
  const texts = sealedText(keyRing(OLD))
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string(), fc.string(), (secret, place, other) => {
      fc.pre(place !== other)
      const sealed = texts.seal(secret, place)

      assert.ok(texts.isSealed(sealed))
      assert.equal(texts.open(sealed, place), secret)
      assert.throws(() => texts.open(sealed, other), /another place/)
    }),
  )
})

test('a text that looks sealed but is not does not open', () => {
  const texts = sealedText(keyRing(OLD))
  const sealed = texts.seal('secret', PLACE)
  const foreign = sealedText(keyRing(NEW)).seal('secret', PLACE)

  for (const text of ['ENC()', 'ENC(secret)', foreign, sealed.replace('ENC(gAAAAA', 'ENC(gAAAAB'), `ENC(${sealed})`]) {
    assert.throws(() => texts.open(text, PLACE), /not a sealed text|not a Fernet token|none of the 1 sealing keys/)
  }
})

test('only the whole text in the form ENC(…) counts as sealed', () => {
  const texts = sealedText(keyRing(OLD))
  const sealed = texts.seal('secret', PLACE)

  for (const text of [
    '',
    'secret',
    'ENC(',
    'ENC()',
    'ENC(a b)',
    `${sealed}\n`,
    ` ${sealed}`,
    sealed + sealed,
    sealed.slice(4, -1),
  ]) {
    assert.ok(!texts.isSealed(text), text)
    assert.throws(() => texts.open(text, PLACE), /not a sealed text/)
    assert.throws(() => texts.needsReseal(text), /not a sealed text/)
  }
})

test('what an older key sealed opens and is due to be sealed again', () => {
  const before = sealedText(keyRing(OLD))
  const after = sealedText(keyRing(`${NEW},${OLD}`))
  const sealed = before.seal('secret', PLACE)
  const resealed = after.seal(after.open(sealed, PLACE), PLACE)

  assert.ok(!before.needsReseal(sealed))
  assert.ok(after.needsReseal(sealed))
  assert.ok(!after.needsReseal(resealed))
  assert.throws(() => before.open(resealed, PLACE), /none of the 1 sealing keys/)
})
