import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Problem } from '@munjigi/problem'
import fc from 'fast-check'
import { readCaller, readHandshake } from './credential.ts'

const refusalOf = (read: () => unknown): string | undefined => {
  try {
    read()
    return undefined
  } catch (error) {
    if (error instanceof Problem) return `${error.status} ${error.type}`
    throw error
  }
}

const AUTHORIZATIONS: [values: string[], result: string][] = [
  [['Bearer a.b.c'], 'a.b.c'],
  [['bearer a.b.c'], 'a.b.c'],
  [['BEARER   a.b.c'], 'a.b.c'],
  [['Bearer mj_key'], 'mj_key'],
  [['Bearer'], '401 token-missing'],
  [['Bearer '], '401 token-missing'],
  [[''], '401 token-missing'],
  [['Basic YTpi'], '401 token-missing'],
  [['Token a.b.c'], '401 token-missing'],
  [['Bearera.b.c'], '401 token-missing'],
  [['a.b.c'], '401 token-missing'],
  [['Bearer a.b.c x'], '401 token-invalid'],
  [['Bearer a.b.c, Bearer d.e.f'], '400 two-credentials'],
  [['Basic YTpi, Bearer a.b.c'], '400 two-credentials'],
  [['Bearer a.b.c,d.e.f'], '400 two-credentials'],
  [['Bearer a.b.c', 'Bearer a.b.c'], '400 two-credentials'],
  [['Bearer a.b.c', 'Basic YTpi'], '400 two-credentials'],
  [['Basic YTpi', 'Basic YTpi'], '400 two-credentials'],
  [['', 'Bearer a.b.c'], '400 two-credentials'],
]

for (const [values, result] of AUTHORIZATIONS)
  test(`Authorization ${JSON.stringify(values)} is ${result}`, () => {
    const headers = values.flatMap((value, index) => [index === 0 ? 'Authorization' : 'AUTHORIZATION', value])
    const read = () => readCaller(['Host', 'x', ...headers])

    assert.equal(refusalOf(read) ?? read().credential, result)
  })

test('a request without a credential is from nobody, whatever its headers look like', () => {
  const { credential, userSub } = readCaller(['Proxy-Authorization', 'Bearer a', 'X_User_Sub', 'kim', 'Cookie', 'a=b'])

  assert.deepEqual([credential, userSub], [undefined, undefined])
})

test('X-User-Sub and X-Tenant-Id are read in any case, and once', () => {
  const { userSub, tenantId } = readCaller(['x-USER-sub', 'kim', 'X-TENANT-ID', 't'])

  assert.deepEqual([userSub, tenantId], ['kim', 't'])
  for (const name of ['X-User-Sub', 'X-Tenant-Id'])
    assert.equal(
      refusalOf(() => readCaller([name, 'kim', name.toLowerCase(), 'kim'])),
      '400 ambiguous-header',
    )
})

test('a token of a handshake is the credential, if it is the only one', () => {
  assert.equal(readCaller([], ['a.b.c']).credential, 'a.b.c')
  assert.equal(
    refusalOf(() => readCaller([], ['a', 'a'])),
    '400 two-credentials',
  )
  assert.equal(
    refusalOf(() => readCaller(['Authorization', 'Bearer a'], ['a'])),
    '400 two-credentials',
  )
  assert.equal(
    refusalOf(() => readCaller(['Authorization', 'Basic YTpi'], ['a'])),
    '400 two-credentials',
  )
  assert.equal(
    refusalOf(() => readCaller([], [''])),
    '401 token-missing',
  )
  assert.equal(
    refusalOf(() => readCaller([], ['a b'])),
    '401 token-invalid',
  )
})

const QUERIES: [query: string | undefined, tokens: string[], left: string | undefined][] = [
  [undefined, [], undefined],
  ['', [], ''],
  ['a=1&b=%20', [], 'a=1&b=%20'],
  ['token=a.b.c', ['a.b.c'], undefined],
  ['x=1&token=a.b.c&y=%2F', ['a.b.c'], 'x=1&y=%2F'],
  ['token=a&token=b', ['a', 'b'], undefined],
  ['%74oken=a', ['a'], undefined],
  ['tok%65n=a&x', ['a'], 'x'],
  ['token', [''], undefined],
  ['token=', [''], undefined],
  ['mytoken=a&tokens=b&x=token', [], 'mytoken=a&tokens=b&x=token'],
  ['token=%E0%A4%A', ['\ufffd%A'], undefined],
  ['a=1;token=b', ['b'], 'a=1'],
  ['&token=b&;&c', ['b'], ';&c'],
  ['token=a;b=1&c', ['a'], 'b=1&c'],
  ['a=1;2&b;c', [], 'a=1;2&b;c'],
  ['TOKEN=a&x', ['a'], 'x'],
  ['token[]=a', ['a'], undefined],
  ['x&+token%00=a', ['a'], 'x'],
  ['?token=a', ['a'], undefined],
  ['_token=a&access_token=b', [], '_token=a&access_token=b'],
]

for (const [query, tokens, left] of QUERIES)
  test(`?${query} gives ${JSON.stringify(tokens)} and goes on as ?${left}`, () => {
    const handshake = readHandshake([], query)

    assert.deepEqual([handshake.tokens, handshake.query], [tokens, left])
  })

const PROTOCOLS: [lines: string[], tokens: string[], left: string[]][] = [
  [['bearer, a.b.c, x'], ['a.b.c'], ['x']],
  [['bearer,a.b.c'], ['a.b.c'], []],
  [['x, bearer, a.b.c, y'], ['a.b.c'], ['x', 'y']],
  [['bearer', 'a.b.c', 'x'], ['a.b.c'], ['x']],
  [['bearer'], [''], []],
  [['bearer, a, bearer, b'], ['a', 'b'], []],
  [['x, y'], [], ['x', 'y']],
  [['Bearer, x'], [], ['Bearer', 'x']],
]

for (const [lines, tokens, left] of PROTOCOLS)
  test(`Sec-WebSocket-Protocol ${JSON.stringify(lines)} gives ${JSON.stringify(tokens)}`, () => {
    const handshake = readHandshake(
      lines.flatMap((line) => ['sec-websocket-PROTOCOL', line]),
      undefined,
    )

    assert.deepEqual([handshake.tokens, handshake.protocols], [tokens, left])
    assert.equal(handshake.offersBearer, tokens.length > 0)
  })

test('no query leaves anything behind that a reader of forms, strict or loose, takes for token', () => {
  const pair = fc.oneof(
    fc.constantFrom(
      'token=a',
      'TOKEN=a',
      '%74%6f%6b%65%6e=a',
      'token',
      '&',
      '+token=a',
      'x=token',
      '%',
      'token%=a',
      '?token=a',
      'x;token=a',
      'Token[0]=a',
    ),
    fc.string(),
  )
  fc.assert(
    fc.property(fc.array(pair), (pairs) => {
      const query = pairs.join('&')
      const { tokens, query: left = '' } = readHandshake([], query)

      const named = left.split(/[&;]/).flatMap((pair) => [...new URLSearchParams(`&${pair}`).keys()])
      assert.ok(!named.some((name) => /^\W*token(\[.*)?$/i.test(name.trim())), left)
      const strict = new URLSearchParams(`&${query}`).getAll('token')
      if (!query.includes(';')) for (const token of strict) assert.ok(tokens.includes(token))
      if (tokens.length === 0) assert.equal(left, query)
    }),
  )
})
