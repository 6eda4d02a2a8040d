import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { answer, found } from './answer.fixture.ts'
import { answerReader, NothingFound } from './answer-reader.ts'
import { PathFault, parsePath } from './body-path.ts'
import { readJson, readPath, textOfValue } from './json.ts'

const body = (json: string, key_path: string) => found({ source: 'body', key_path }, answer(json))
const written = (name: string) => `["${name.replaceAll(/["\\]/g, '\\$&')}"]`

test('any value can be reached by the names on its way, whatever the names are', () => {
  fc.assert(
    fc.property(fc.array(fc.string(), { minLength: 1, maxLength: 20 }), fc.string(), (names, leaf) => {
      const json = names.reduceRight<unknown>((inner, name) => Object.fromEntries([[name, inner]]), leaf)

      assert.equal(readPath(readJson(JSON.stringify(json)), parsePath(names.map(written).join(''))), leaf)
    }),
  )
})

test('a path is read whole or refused with a position inside it, or just behind', () => {
  const near = fc.string({ unit: fc.constantFrom('a', '0', '.', '[', ']', '"', "'", '\\', '$', '*', '한', '😀') })
  fc.assert(
    fc.property(near, (path) => {
      try {
        assert.ok(parsePath(path).every((name) => typeof name === 'string'))
      } catch (error) {
        assert.ok(error instanceof PathFault)
        assert.ok(error.position >= 1 && error.position <= [...path].length + 1)
      }
    }),
  )
})

for (const [path, names] of [
  ['data.token', ['data', 'token']],
  ['$.data.token', ['data', 'token']],
  ['$', []],
  ['$type', ['$type']],
  ['a[0]', ['a', '0']],
  ['a.0', ['a', '0']],
  ['[1][2]', ['1', '2']],
  ['$[1]', ['1']],
  ['["q.k"]', ['q.k']],
  ["['k'].x", ['k', 'x']],
  ['a["b]\\"\\\\"]', ['a', 'b]"\\']],
  ['결과.토큰', ['결과', '토큰']],
  ['with space.and-dash', ['with space', 'and-dash']],
] as const) {
  test(`${path} names ${JSON.stringify(names)}`, () => {
    assert.deepEqual(parsePath(path), names)
  })
}

for (const [path, position] of [
  ['', 1],
  ['.a', 1],
  ['a.', 3],
  ['a..b', 3],
  ['a[', 2],
  ['a[*]', 2],
  ['a[-1]', 2],
  ['a[01]', 2],
  ['a[b]', 2],
  ['a]', 2],
  ['a["b]', 2],
  ['$..a', 3],
  ['😀.[', 3],
  ["it's", 3],
  [`${'a.'.repeat(64)}a`, 128],
] as const) {
  test(`the path ${path.slice(0, 12)} is refused at character ${position}`, () => {
    assert.throws(() => parsePath(path), { name: 'Error', position })
  })
}

test('only what an answer owns is found', () => {
  for (const path of [
    '__proto__',
    'constructor',
    'constructor.name',
    'toString',
    'a.length',
    's.length',
    's[0]',
    'n.toFixed',
    'big.rawJSON',
    'a["0x0"]',
    'a.00',
    'a.map',
  ])
    assert.equal(body('{"a": ["x"], "s": "text", "n": 1, "big": 12345678901234567890}', path), undefined, path)
  assert.equal(body('{"__proto__": {"x": "own"}}', '__proto__.x'), 'own')
  assert.equal(body('{"length": 5, "rawJSON": "own"}', 'length'), '5')
  assert.equal(body('{"length": 5, "rawJSON": "own"}', 'rawJSON'), 'own')
})

for (const [json, value] of [
  ['0', '0'],
  ['false', 'false'],
  ['""', ''],
  ['null', undefined],
  ['12345678901234567890', '12345678901234567890'],
  ['1.10', '1.10'],
  ['1e400', '1e400'],
  ['-0', '-0'],
  ['1E+2', '1E+2'],
  ['42', '42'],
  ['{"a": 1.10, "b": [null, true, "x"]}', '{"a":1.10,"b":[null,true,"x"]}'],
  ['[]', '[]'],
  ['"\\ud800"', undefined],
  ['"\\u0000"', '\0'],
] as const) {
  test(`${json} is ${value === undefined ? 'absence' : `the value ${JSON.stringify(value)}`}`, () => {
    assert.equal(body(`{"v": ${json}}`, 'v'), value)
  })
}

test('every number of JSON keeps its digits', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^-?(0|[1-9]\d{0,30})(\.\d{1,30})?([eE][+-]?\d{1,4})?$/), (digits) => {
      assert.equal(textOfValue(readPath(readJson(`{"v":[${digits}]}`), ['v', '0'])), digits)
      assert.equal(textOfValue(readJson(`{"v":[${digits}]}`)), `{"v":[${digits}]}`)
    }),
  )
})

test('JSON is read as JSON.parse reads it', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = JSON.stringify(value)
      assert.equal(JSON.stringify(readJson(text)), text)
    }),
  )
})

test('a bomb of brackets is refused, brackets in text are not', () => {
  assert.equal(body('['.repeat(500_000), '[0]'), undefined)
  assert.equal(body(`{"v": ${'['.repeat(100_000)}${']'.repeat(100_000)}}`, 'v'), undefined)
  assert.equal(body(`{"v": "${'[{\\"'.repeat(1000)}", "w": "x"}`, 'w'), 'x')
  assert.equal(body(`"${'\\"'.repeat(400_000)}`, '$'), undefined)
})

test('what is no JSON is a fault, whatever it calls itself', () => {
  for (const text of ['', '<html>', '{"a":', "{'a': 1}", '{"a": 1}x', 'NaN'])
    assert.equal(body(text, 'a'), undefined, text)
  assert.equal(found({ source: 'body', key_path: 'a' }, answer('{"a": 1}', 'text/plain')), '1')
  assert.equal(found({ source: 'body', key_path: 'a' }, answer('{"a": 1}', '')), '1')
})

test('without a path the whole text is the value', () => {
  assert.equal(found({ source: 'body' }, answer('  eyJ.a.b\n', 'text/plain')), 'eyJ.a.b')
  assert.equal(found({ source: 'body', key_path: '' }, answer('"quoted"')), '"quoted"')
  assert.equal(body('"quoted"', '$'), 'quoted')
})

test('a form is read by its flat names', () => {
  const form = answer(
    'access_token=a%20b&user%5Bid%5D=7&a.b=dot&empty=&access_token=second',
    'application/x-www-form-urlencoded; charset=utf-8',
  )
  const read = (key_path: string) => found({ source: 'body', key_path }, form)

  assert.equal(read('access_token'), 'a b')
  assert.equal(read('["user[id]"]'), '7')
  assert.equal(read('a.b'), 'dot')
  assert.equal(read('empty'), '')
  assert.equal(read('absent'), undefined)
  assert.equal(read('access_token.x'), undefined)
})

const KOREAN = '{"이름": "김치"}'
for (const [label, bytes, type] of [
  ['UTF-8 with a byte order mark', Buffer.from(`\ufeff${KOREAN}`), 'application/json'],
  ['UTF-16 with a byte order mark', Buffer.from(`\ufeff${KOREAN}`, 'utf16le'), 'application/json'],
  [
    'UTF-16 big-endian with a byte order mark',
    Buffer.from(`\ufeff${KOREAN}`, 'utf16le').swap16(),
    'application/json; charset=utf-8',
  ],
  ['UTF-16 as stated', Buffer.from(KOREAN, 'utf16le'), 'application/json; charset=UTF-16LE'],
  [
    'EUC-KR as stated',
    Buffer.concat([
      Buffer.from('{"'),
      Buffer.from('c0ccb8a7', 'hex'),
      Buffer.from('": "'),
      Buffer.from('b1e8c4a1', 'hex'),
      Buffer.from('"}'),
    ]),
    'application/json;charset="euc-kr"',
  ],
] as const) {
  test(`an answer in ${label} is read`, () => {
    assert.equal(found({ source: 'body', key_path: '이름' }, answer(bytes, type)), '김치')
  })
}

test('a value that is no text in the stated charset is none, those beside it are', () => {
  const wrong = answer(
    Buffer.concat([Buffer.from('{"name": "'), Buffer.from('b1e8', 'hex'), Buffer.from('", "token": "abc"}')]),
  )

  assert.equal(found({ source: 'body', key_path: 'name' }, wrong), undefined)
  assert.equal(found({ source: 'body', key_path: 'token' }, wrong), 'abc')
})

test('a charset that nobody knows is a fault, and so is an answer of more than 1 MB', () => {
  assert.equal(
    found({ source: 'body', key_path: 'a' }, answer('{"a": 1}', 'application/json; charset=klingon')),
    undefined,
  )
  assert.equal(found({ source: 'body', key_path: 'a' }, answer(`{"a": 1}${' '.repeat(1_048_576)}`)), undefined)
  assert.equal(found({ source: 'body', key_path: 'a' }, answer(`{"a": "${'x'.repeat(32_769)}"}`)), undefined)
})

test('no answer makes extraction throw', () => {
  fc.assert(
    fc.property(
      fc.uint8Array(),
      fc.constantFrom(
        'application/json',
        'text/html',
        'application/x-www-form-urlencoded',
        'text/plain; charset=x',
        '',
      ),
      fc.constantFrom('body', 'html', 'header'),
      fc.constantFrom('a', '$', '', 'input'),
      (bytes, type, source, key_path) => {
        found({ source, key_path }, answer(bytes, type))
      },
    ),
  )
})

test('however many rules name one large object, it is written out a few times', () => {
  const reader = answerReader(answer(JSON.stringify({ large: Array.from({ length: 300_000 }, () => 1), token: 't' })))
  const paths = Array.from({ length: 10 }, () => '$')
  const written = paths.filter((path) => {
    try {
      return reader.body(path)
    } catch (error) {
      assert.ok(error instanceof NothingFound)
      return false
    }
  })

  assert.equal(written.length, 4)
})
