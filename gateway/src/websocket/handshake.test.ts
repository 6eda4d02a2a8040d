import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { readHandshake } from './handshake.ts'

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
  [['Bearer, a.b.c, x'], ['a.b.c'], ['x']],
]

for (const [lines, tokens, left] of PROTOCOLS)
  test(`Sec-WebSocket-Protocol ${JSON.stringify(lines)} gives ${JSON.stringify(tokens)}`, () => {
    const handshake = readHandshake(
      lines.flatMap((line) => ['sec-websocket-PROTOCOL', line]),
      undefined,
    )

    assert.deepEqual([handshake.tokens, handshake.protocols], [tokens, left])
    assert.equal(handshake.bearer?.toLowerCase(), tokens.length > 0 ? 'bearer' : undefined)
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
