import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { canonicalHeaderName } from '../door/canonical.ts'
import { headerRules } from './header-rules.ts'
import { type Outbound, outboundHeaders } from './outbound-headers.ts'

const base: Outbound = {
  rawHeaders: [],
  rules: headerRules(['x-user-id']),
  host: 'gateway.example',
  publicHost: 'gateway.example',
  address: '192.0.2.1',
  callerAddress: '203.0.113.7',
  isEncrypted: true,
  port: 9050,
  isTrustedProxy: false,
  requestId: 'ours',
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  isTraceContinued: false,
  authorization: 'Bearer good',
  subject: 'lee',
  identityHeaders: ['x-user-id'],
}
const build = (rawHeaders: string[], change: Partial<Outbound> = {}): [string, string][] => {
  const flat = outboundHeaders({ ...base, ...change, rawHeaders })
  return flat.flatMap((name, i) =>
    i % 2 === 0 ? [[name.toLowerCase(), flat[i + 1] as string] as [string, string]] : [],
  )
}
const valuesOf = (headers: [string, string][], name: string) =>
  headers.filter(([each]) => canonicalHeaderName(each) === name).map(([, value]) => value)

const OURS = ['x-user-sub', 'x-user-id', 'x-internal-key', 'authorization', 'x-request-id', 'traceparent', 'host']
const spelling = (name: string) =>
  fc
    .array(fc.constantFrom('upper', 'lower', '_', '.', '-'), { minLength: name.length, maxLength: name.length })
    .map((marks) =>
      [...name]
        .map((letter, i) => {
          if (letter === '-') return marks[i]?.length === 1 ? (marks[i] as string) : '-'
          return marks[i] === 'upper' ? letter.toUpperCase() : letter
        })
        .join(''),
    )
const header = fc.tuple(
  fc.oneof(
    fc
      .constantFrom(...OURS, 'connection', 'x-forwarded-for', 'x-real-ip', 'x-other', 'keep-alive', 'te')
      .chain(spelling),
    fc.stringMatching(/^[A-Za-z0-9_.-]{1,20}$/),
  ),
  fc.oneof(
    fc.stringMatching(/^[!-~]{1,30}$/),
    fc.constantFrom(...OURS).map((name) => `keep-alive, ${name}`),
  ),
)
const anyHeaders = fc.array(header, { maxLength: 12 }).map((pairs) => pairs.flat())

test('whatever the caller sends, each of our headers goes on once and says what we say', () => {
  fc.assert(
    fc.property(anyHeaders, (rawHeaders) => {
      const headers = build(rawHeaders)

      assert.deepEqual(valuesOf(headers, 'x-user-sub'), ['lee'])
      assert.deepEqual(valuesOf(headers, 'x-user-id'), ['lee'])
      assert.deepEqual(valuesOf(headers, 'authorization'), ['Bearer good'])
      assert.deepEqual(valuesOf(headers, 'x-request-id'), ['ours'])
      assert.deepEqual(valuesOf(headers, 'host'), ['gateway.example'])
      assert.deepEqual(valuesOf(headers, 'x-forwarded-for'), ['192.0.2.1'])
      assert.deepEqual(valuesOf(headers, 'x-real-ip'), ['203.0.113.7'])
      assert.deepEqual(valuesOf(headers, 'x-internal-key'), [])
      assert.equal(headers.at(-1)?.[0], 'x-user-sub')
    }),
    { numRuns: 1000 },
  )
})

test('without a subject no spelling of an identity header goes on', () => {
  fc.assert(
    fc.property(anyHeaders, (rawHeaders) => {
      const headers = build(rawHeaders, { subject: undefined, authorization: undefined })

      for (const name of ['x-user-sub', 'x-user-id', 'authorization']) assert.deepEqual(valuesOf(headers, name), [])
    }),
    { numRuns: 1000 },
  )
})

test('what belongs to one hop ends here, and what Connection lists', () => {
  const hop = ['Keep-Alive', 'TE', 'Trailer', 'Transfer-Encoding', 'Upgrade', 'Proxy-Authorization', 'Proxy', 'Expect']
  const headers = build([
    ...hop.flatMap((name) => [name, 'x']),
    'Connection',
    'close, X-Hop',
    'x-hop',
    '1',
    'X-End',
    '2',
  ])

  assert.deepEqual(
    headers.filter(([name]) => !name.startsWith('x-forwarded') && name.startsWith('x-')).map(([name]) => name),
    ['x-end', 'x-real-ip', 'x-request-id', 'x-user-id', 'x-user-sub'],
  )
  for (const name of hop) assert.deepEqual(valuesOf(headers, name.toLowerCase()), [])
})

test('what would make a service answer for another path, method or address is dropped', () => {
  const names = [
    'X-Original-URL',
    'X-Rewrite-Url',
    'X-HTTP-Method-Override',
    'X-Method-Override',
    'Forwarded',
    'X-Real-IP',
    'True-Client-IP',
    'CF_Connecting_IP',
    'X-Original-Host',
    'X-Envoy-Original-Path',
    'Remote-User',
  ]
  const headers = build(names.flatMap((name) => [name, '/admin']))

  assert.ok(!headers.some(([, value]) => value === '/admin'))
})

test('forwarding headers of a trusted proxy count, those of anybody else do not', () => {
  const given = ['X-Forwarded-For', '203.0.113.9', 'X-Forwarded-Proto', 'http', 'X-Forwarded-Host', 'app.example:8443']
  const trusted = build(given, { isTrustedProxy: true })
  const stranger = build(given)

  assert.deepEqual(valuesOf(trusted, 'x-forwarded-for'), ['203.0.113.9, 192.0.2.1'])
  assert.deepEqual(valuesOf(trusted, 'x-forwarded-proto'), ['http'])
  assert.deepEqual(valuesOf(trusted, 'x-forwarded-host'), ['app.example:8443'])
  assert.deepEqual(valuesOf(stranger, 'x-forwarded-for'), ['192.0.2.1'])
  assert.deepEqual(valuesOf(stranger, 'x-forwarded-proto'), ['https'])
  assert.deepEqual(valuesOf(stranger, 'x-forwarded-host'), ['gateway.example'])
})

test('a trace state goes on only with the trace it belongs to', () => {
  assert.deepEqual(valuesOf(build(['tracestate', 'a=b'], { isTraceContinued: true }), 'tracestate'), ['a=b'])
  assert.deepEqual(valuesOf(build(['tracestate', 'a=b']), 'tracestate'), [])
})

test('other headers pass as they are, on as many lines as they came', () => {
  const headers = build(['Accept', 'a', 'accept', 'b', 'Cookie', 'c=d', 'X_Tenant_Id', 'other', 'X-Tenant-Id', 'own'])

  assert.deepEqual(headers.slice(0, 4), [
    ['accept', 'a'],
    ['accept', 'b'],
    ['cookie', 'c=d'],
    ['x-tenant-id', 'own'],
  ])
})
