import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { redactionOf } from './redaction.ts'

const SECRET = 'S3cr3t/+"&=한글 value'
const spellings: Record<string, string> = {
  plain: SECRET,
  percent: encodeURIComponent(SECRET),
  'percent in lower case': encodeURIComponent(SECRET).replace(/%../g, (octet) => octet.toLowerCase()),
  form: new URLSearchParams({ v: SECRET }).toString().slice(2),
  JSON: JSON.stringify(SECRET),
  'JSON in ASCII': '"S3cr3t/+\\"&=\\ud55c\\uae00 value"',
  HTML: '<p>S3cr3t/+&quot;&amp;=한글 value</p>',
  'JSON with escaped slashes': '"S3cr3t\\/+\\"&=\\ud55c\\uae00 value"',
}

const through = (secrets: string[], chunks: Buffer[]): Buffer => {
  const body = redactionOf(secrets).body()
  return Buffer.concat([...chunks.map((chunk) => body.write(chunk)), body.end()])
}

test('a secret is hidden in every spelling, and lengths stay', () => {
  for (const [name, spelling] of Object.entries(spellings)) {
    const text = Buffer.from(`{"a": ${spelling} }`)
    const shown = through([SECRET], [text])
    assert.equal(shown.length, text.length, name)
    assert.doesNotMatch(shown.toString(), /S3cr3t|value/, name)
    assert.ok(shown.toString().startsWith('{"a": '), name)
  }
})

test('percent-encoding hides no secret, whichever characters an encoder leaves alone', () => {
  const secret = "S3cr3t/~!'()* value"
  const encoded = [
    // encodeURI, encodeURIComponent and URLSearchParams; then Python's quote, quote with safe='', and quote_plus.
    "S3cr3t/~!'()*%20value",
    "S3cr3t%2F~!'()*%20value",
    'S3cr3t%2F%7E%21%27%28%29*+value',
    'S3cr3t/~%21%27%28%29%2A%20value',
    'S3cr3t%2F~%21%27%28%29%2A%20value',
    'S3cr3t%2F~%21%27%28%29%2A+value',
  ]
  for (const text of encoded.flatMap((one) => [one, one.replace(/%../g, (octet) => octet.toLowerCase())]))
    assert.equal(through([secret], [Buffer.from(`?t=${text}&`)]).toString(), `?t=${'*'.repeat(text.length)}&`, text)
})

test('a secret in UTF-16 is hidden in either order of bytes', () => {
  for (const turn of [(text: Buffer) => text, (text: Buffer) => text.swap16()]) {
    const shown = turn(through([SECRET], [turn(Buffer.from(`a ${SECRET} b`, 'utf16le'))])).toString('utf16le')
    assert.match(shown, /^a \W+ b$/)
  }
})

test('Base64 around a secret does not hide it, whatever stands before and behind', () => {
  for (const before of ['', 'u', 'us', 'user:'])
    for (const behind of ['', 'x', '::'])
      for (const alphabet of ['base64', 'base64url'] as const) {
        const encoded = Buffer.from(before + SECRET + behind).toString(alphabet)
        const shown = through([SECRET], [Buffer.from(`Basic ${encoded}`)]).toString()
        const plain = Buffer.from(shown.slice(6), 'base64').toString()
        assert.match(shown, /\*{20}/)
        assert.doesNotMatch(plain, /S3cr3t|value/)
      }
})

test('a secret is hidden however an answer is cut, and nothing else changes', () => {
  const pieces = fc.array(fc.oneof(fc.string(), fc.constant('hunter2-hunter2'), fc.constant('hunter2-hunter')), {
    maxLength: 6,
  })
  fc.assert(
    fc.property(pieces, fc.array(fc.nat(60), { maxLength: 8 }), (parts, cuts) => {
      const text = Buffer.from(parts.join(''))
      const borders = [0, ...cuts.map((cut) => Math.min(cut, text.length)).sort((a, b) => a - b), text.length]
      const chunks = borders.slice(1).map((end, index) => text.subarray(borders[index], end))

      const expected = Buffer.from(text.toString('latin1').replaceAll('hunter2-hunter2', '*'.repeat(15)), 'latin1')
      assert.deepEqual(through(['hunter2-hunter2'], chunks), expected)
    }),
  )
})

test('only what may become a secret is held back', () => {
  const body = redactionOf(['hunter2-hunter2']).body()

  assert.equal(body.write(Buffer.from('data: one\n\n')).toString(), 'data: one\n\n')
  assert.equal(body.write(Buffer.from('data: hunter2-')).toString(), 'data: ')
  assert.equal(body.write(Buffer.from('away\n\n')).toString(), 'hunter2-away\n\n')
  assert.equal(body.end().length, 0)
})

test('short values are no secrets, and a chunk without any goes on as it is', () => {
  const chunk = Buffer.from('one two three')

  assert.equal(redactionOf(['two', '']).body().write(chunk), chunk)
  assert.equal(redactionOf(['hunter2-hunter2']).body().write(chunk), chunk)
})

test('what comes after the first megabyte is not looked at', () => {
  const body = redactionOf(['hunter2-hunter2']).body()
  body.write(Buffer.alloc(1024 * 1024, 'x'))
  const later = Buffer.from('hunter2-hunter2')

  assert.equal(body.write(later), later)
})

test('a lone surrogate in a secret is no reason to fail', () => {
  assert.doesNotThrow(() => redactionOf(['12345678\ud800']).text('x'))
})

test('many long secrets that a target chose, answered with what nearly matches them, are looked for all the same', () => {
  const many = Array.from({ length: 300 }, (_, index) => '각'.repeat(4000) + String(index).padStart(96, '0'))
  const [first = ''] = many
  const body = redactionOf(many).body()
  const piece = Buffer.from(`${'각'.repeat(3999)}x`)
  for (let sent = 0; sent < 1024 * 1024 - piece.length; sent += piece.length) assert.deepEqual(body.write(piece), piece)

  assert.equal(redactionOf(many).text(Buffer.from(`a ${first} b`).toString('latin1')), `a ${'*'.repeat(12_096)} b`)
})
