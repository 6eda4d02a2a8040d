import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { EgressAnswer } from '../egress/egress.ts'
import { bearerRule } from '../injection/bearer-rule.fixture.ts'
import { loginRequest, openProfile, refreshRequest, rule } from './login.fixture.ts'
import { logIn } from './login.ts'
import { renew } from './renewal.ts'

const SECRET = 'marker-of-the-owner'
const WORD = 'marker-of-the-target'
const url = 'https://target.example/login'

const profile = openProfile(
  [
    loginRequest({ url, payload: { password: SECRET }, success: { body: { path: 'ok' } } }),
    loginRequest({ url: `${url}/{id}`, headers: { 'X-Id': { $template: 'a {id}' } } }),
  ],
  {
    extraction_rules: [
      rule({ name: 'id', source: 'body', key_path: 'id', step: 0 }),
      rule({ name: 'token', source: 'body', key_path: 'token' }),
      rule({ name: 'token', source: 'header', key_path: 'x-token' }),
      rule({ name: 'session', source: 'cookie', key_path: 'sid' }),
      rule({ name: 'refresh_token', source: 'html', key_path: 'p' }),
      rule({ name: 'key', source: 'fixed', value: SECRET }),
    ],
    injection_rules: [bearerRule('token')],
    refresh: refreshRequest({ url }),
  },
)

const text = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.constant(WORD), fc.constant(`${WORD}\r\nx: y`))
const json = fc.record(
  { ok: fc.jsonValue(), id: fc.oneof(text, fc.jsonValue()), token: fc.oneof(text, fc.jsonValue()) },
  { requiredKeys: [] },
)
const header = fc.tuple(
  fc.constantFrom('content-type', 'retry-after', 'date', 'x-token', 'set-cookie', 'location'),
  fc.oneof(
    text,
    fc.constantFrom('application/json', 'text/html; charset=euc-kr', `sid=${WORD}; Path=/`, '99999999999'),
  ),
)
const answer: fc.Arbitrary<EgressAnswer> = fc.record({
  url: fc.constantFrom(new URL(url), new URL('https://elsewhere.example/')),
  status: fc.oneof(
    { weight: 5, arbitrary: fc.constant(200) },
    { weight: 1, arbitrary: fc.integer({ min: 200, max: 599 }) },
  ),
  headers: fc.array(header),
  body: fc.oneof(
    json.map((value) => Buffer.from(JSON.stringify(value))),
    fc.constant(Buffer.from(`<p>${WORD}`)),
    fc.uint8Array().map((bytes) => Buffer.from(bytes)),
  ),
})

test('whatever a target answers, a login has a result or a failure that repeats no word of it', async () => {
  const results = { good: 0, failed: 0 }
  await fc.assert(
    fc.asyncProperty(fc.array(answer, { minLength: 2, maxLength: 2 }), async (answers) => {
      const left = [...answers]
      const request = async () => left.shift() as EgressAnswer
      const egress = { request, dispatcher: undefined as never, close: async () => {} }
      const from = { fields: { token: 'old', refresh_token: SECRET }, jar: undefined }
      const outcomes = [await logIn(profile, { egress, now: Date.now })]
      left.splice(0, 2, ...answers)
      outcomes.push(await renew(profile, from, { egress, now: Date.now }))

      for (const { result, failure, answer: last, status } of outcomes) {
        results[result ? 'good' : 'failed'] += 1
        assert.equal(result === undefined, failure !== undefined)
        assert.equal(status, last?.status)
        for (const word of [SECRET, WORD]) assert.ok(!failure?.message.includes(word))
        for (const value of Object.values(result?.fields ?? {})) assert.equal(typeof value, 'string')
        if (failure?.retryAfterMs !== undefined) assert.ok(failure.retryAfterMs > 0 && failure.retryAfterMs <= 300_000)
      }
    }),
    { numRuns: 500 },
  )
  assert.ok(results.good > 0 && results.failed > 0, JSON.stringify(results))
})
