import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import type { ProfileContent } from '@munjigi/contracts/auth-profiles'
import { keyRing } from '@munjigi/sealing/fernet'
import { sealedText } from '@munjigi/sealing/sealed-text'
import fc from 'fast-check'
import { checkedContent } from './checked-content.ts'
import { mergedContent } from './merged-content.ts'
import { newProfile } from './profiles.fixture.ts'
import { maskedContent, missingSecrets, openContent, resealContent, sealContent } from './sealed-content.ts'
import { validContent } from './valid-content.ts'

const key = () => randomBytes(32).toString('base64url')
const oldKey = key()
const sealing = sealedText(keyRing(oldKey))
const owner = { user_id: 'lee', service_id: 'tickets' }

/** Of letters that stand in no name, number or ciphertext, so that a search for it means something. */
const secret = fc.string({ unit: fc.constantFrom(...'가나다라 "\\&'), minLength: 2, maxLength: 20 })
const leaf = fc.oneof(secret, fc.integer(), fc.boolean(), fc.constant(null), fc.constant({ $template: '{tenant}' }))
const name = fc.string({ unit: fc.constantFrom(...'abcXYZ.-1'), minLength: 1, maxLength: 6 })
const { payload } = fc.letrec((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4 },
    leaf,
    fc.array(tie('tree'), { maxLength: 3 }),
    fc.dictionary(name, tie('tree'), { maxKeys: 3 }),
  ),
  payload: fc.dictionary(name, tie('tree'), { maxKeys: 4, noNullPrototype: true }),
}))
const request = fc.record({
  payload,
  query: fc.dictionary(name, fc.oneof(leaf, fc.array(leaf, { maxLength: 3 })), { maxKeys: 3, noNullPrototype: true }),
  userinfo: secret.map((text) => `kim:${text}`),
})
const content = fc
  .record({ login: request, step: request, refresh: request, fixed: secret })
  .map(({ login, step, refresh, fixed }) => {
    const { service_id, ...given } = newProfile('tickets', {
      login_config: { url: 'https://a.example/in', ...login, steps: [{ url: 'https://b.example/', ...step }] },
      extraction_rules: [
        { name: 'tenant', source: 'fixed', value: fixed },
        { name: 'access_token', source: 'body' },
      ],
      refresh_config: { refresh_token_field: 'access_token', ...refresh },
    })
    const whole = { ...given, description: null, expired: null, allowed_origins: ['https://a.example'] }
    return checkedContent(validContent(JSON.parse(JSON.stringify(whole))))
  })

const stored = (plain: ProfileContent) => sealContent(plain, { owner, sealing })

test('whatever is entered is stored sealed, opens as it was, and is masked without being opened', () => {
  fc.assert(
    fc.property(content, (plain) => {
      const kept = stored(plain)
      assert.equal(/[가-힣]/.test(JSON.stringify(kept)), false)
      assert.deepEqual(openContent(kept, owner, sealing), plain)
      assert.equal(/[가-힣]|ENC\(/.test(JSON.stringify(maskedContent(kept))), false)
      assert.deepEqual(missingSecrets(kept), [])
    }),
    { numRuns: 60 },
  )
})

test('what was answered and is sent back keeps every secret, letter by letter', () => {
  fc.assert(
    fc.property(content, (plain) => {
      const before = stored(plain)
      const masked = maskedContent(before)
      const merged = validContent(mergedContent(masked, JSON.parse(JSON.stringify(masked))))
      assert.deepEqual(sealContent(checkedContent(merged), { owner, sealing, before }), before)
    }),
    { numRuns: 60 },
  )
})

test('a new destination anywhere leaves nothing that could be opened', () => {
  const moves: ((plain: ProfileContent) => ProfileContent)[] = [
    (plain) => ({ ...plain, login_config: { ...plain.login_config, url: 'https://evil.example/in' } }),
    (plain) => ({
      ...plain,
      login_config: {
        ...plain.login_config,
        steps: [{ ...(plain.login_config.steps?.[0] as never as object), url: 'http://b.example/' } as never],
      },
    }),
    (plain) => ({
      ...plain,
      refresh_config: { ...(plain.refresh_config as object), url: 'https://evil.example/' } as never,
    }),
    (plain) => ({ ...plain, allowed_origins: [...plain.allowed_origins, 'https://a.example:8443'] }),
  ]
  fc.assert(
    fc.property(content, fc.constantFrom(...moves), (plain, move) => {
      const before = stored(plain)
      const after = sealContent(move(maskedContent(before)), { owner, sealing, before })
      assert.equal(JSON.stringify(after).includes('ENC('), false)
    }),
    { numRuns: 60 },
  )
})

test('content of another owner, service or destination does not open', () => {
  fc.assert(
    fc.property(content, (plain) => {
      const kept = stored(plain)
      for (const other of [
        { ...owner, user_id: 'park' },
        { ...owner, service_id: 'mail' },
      ])
        assert.throws(() => openContent(kept, other, sealing), /another place/)
      assert.throws(
        () => openContent({ ...kept, allowed_origins: ['https://evil.example'] }, owner, sealing),
        /another place/,
      )
    }),
    { numRuns: 20 },
  )
})

test('sealed anew it opens under the new key alone and says the same', () => {
  const newKey = key()
  fc.assert(
    fc.property(content, (plain) => {
      const { content: moved } = resealContent(stored(plain), owner, sealedText(keyRing(`${newKey},${oldKey}`)))
      assert.deepEqual(openContent(moved, owner, sealedText(keyRing(newKey))), plain)
    }),
    { numRuns: 20 },
  )
})
