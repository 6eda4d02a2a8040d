import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { answer, NOW } from './answer.fixture.ts'
import { statedEnd } from './expiry.ts'
import { extract } from './extraction.ts'

const HOUR_MS = 3_600_000
const jwt = (claims: unknown) =>
  ['{"alg":"RS256"}', JSON.stringify(claims), 'sig'].map((part) => Buffer.from(part).toString('base64url')).join('.')
const end = (fields: Record<string, string>, used: string[] = [], cookieEnds?: [string, number][]) =>
  statedEnd(fields, { now: NOW, used: new Set(used), ...(cookieEnds && { cookieEnds: new Map(cookieEnds) }) })

for (const [fields, inMs] of [
  [{ expires_in: '3600' }, HOUR_MS],
  [{ expires_in: '3600.5' }, HOUR_MS + 500],
  [{ expires_at: String(NOW / 1000 + 3600) }, HOUR_MS],
  [{ expires_at: String(NOW + HOUR_MS) }, HOUR_MS],
  [{ expires_at: '2026-03-01T01:00:00Z' }, HOUR_MS],
  [{ expires_at: '2026-03-01T10:00:00+09:00' }, HOUR_MS],
  [{ expires_at: '2026-03-01T10:00:00.000+0900' }, HOUR_MS],
  [{ expires_at: 'Sun, 01 Mar 2026 01:00:00 GMT' }, HOUR_MS],
  [{ expires_in: '7200', expires_at: '2026-03-01T01:00:00Z' }, HOUR_MS],
  [{ token: jwt({ exp: NOW / 1000 + 3600 }) }, HOUR_MS],
  [{ token: `Bearer ${jwt({ exp: NOW / 1000 + 3600 })}` }, HOUR_MS],
] as const) {
  test(`${JSON.stringify(fields).slice(0, 60)} ends in ${inMs / 1000} s`, () => {
    assert.deepEqual(end(fields, ['token']), { endsAt: NOW + inMs, ignored: [] })
  })
}

for (const fields of [
  { expires_in: '0' },
  { expires_in: '-5' },
  { expires_in: 'soon' },
  { expires_in: '' },
  { expires_in: '0x10' },
  { expires_in: '1e3' },
  { expires_at: '1' },
  { expires_at: '2026-02-28T23:59:59Z' },
  { expires_at: '2026-03-01T10:00:00' },
  { expires_at: '2026-13-41T10:00:00Z' },
  { token: jwt({ exp: NOW / 1000 - 1 }) },
]) {
  test(`${JSON.stringify(fields).slice(0, 60)} is ignored by its name, since it would make every call a login`, () => {
    assert.deepEqual(end(fields, ['token']), { endsAt: undefined, ignored: Object.keys(fields) })
  })
}

test('a JWT counts where later requests carry it, and what is none states nothing', () => {
  const id_token = jwt({ exp: NOW / 1000 + 60 })

  assert.deepEqual(end({ id_token }, ['access_token']), { endsAt: undefined, ignored: [] })
  for (const token of ['a.b.c', 'eyJ.eyJ.x', jwt({ exp: 'soon' }), jwt({}), jwt(null), jwt([1]), 'eyJhbGciOiJub25lIn0'])
    assert.deepEqual(end({ token }, ['token']), { endsAt: undefined, ignored: [] }, token)
})

test('the end of a JWT may be written as other languages write numbers', () => {
  for (const exp of ['1772326800.0', '1.7723268e9']) {
    const token = `eyJ.${Buffer.from(`{"exp": ${exp}}`).toString('base64url')}.x`
    assert.equal(end({ token }, ['token']).endsAt, NOW + HOUR_MS)
  }
})

test('no end is nearer than ten seconds, and what ends in a hundred years ends never', () => {
  assert.equal(end({ expires_in: '1' }).endsAt, NOW + 10_000)
  assert.deepEqual(end({ expires_at: '9999-12-31T23:59:59Z' }), { endsAt: undefined, ignored: [] })
  assert.deepEqual(end({ expires_in: '99999999999999999999' }), { endsAt: undefined, ignored: [] })
})

test('an end is at least ten seconds and at most a hundred years ahead, and the earliest that is stated', () => {
  const text = fc.oneof(
    fc.string(),
    fc.integer({ min: -10, max: 1e6 }).map(String),
    fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
  )
  fc.assert(
    fc.property(text, text, (expires_in, expires_at) => {
      const both = end({ expires_in, expires_at })
      const ends = [end({ expires_in }).endsAt, end({ expires_at }).endsAt].filter((one) => one !== undefined)

      assert.equal(both.endsAt, ends.length > 0 ? Math.min(...ends) : undefined)
      if (both.endsAt !== undefined) assert.ok(both.endsAt >= NOW + 10_000 && both.endsAt < NOW + 3.2e12)
    }),
  )
})

test("a cookie's end counts, but of an earlier step only where later requests carry it", () => {
  const rules = [
    { name: 'sid', source: 'cookie', key_path: 'sid', value: undefined },
    { name: 'csrf', source: 'cookie', key_path: 'csrf', value: undefined, step: 0 },
  ] as const
  const cookie = (name: string) => ({ value: 'x', expires: NOW + (name === 'sid' ? HOUR_MS : 60_000) })
  const extracted = (used: string[]) =>
    extract(rules, { answers: [answer(''), answer('')], cookie, now: NOW, used: new Set(used) }).endsAt

  assert.equal(extracted([]), NOW + HOUR_MS)
  assert.equal(extracted(['csrf']), NOW + 60_000)
})

test('the rules find an end in an answer, and say whose was ignored', () => {
  const rules = ['access_token', 'expires_in'].map((name) => ({
    name,
    source: 'body' as const,
    key_path: name,
    value: undefined,
  }))
  const extracted = (expires_in: unknown) =>
    extract(rules, {
      answers: [answer(JSON.stringify({ access_token: 'x', expires_in }))],
      cookie: () => undefined,
      now: NOW,
      used: new Set(),
    })

  assert.equal(extracted(300).endsAt, NOW + 300_000)
  assert.deepEqual(extracted(0).ignoredEnds, ['expires_in'])
  assert.deepEqual(extracted(0).faults, [])
})
