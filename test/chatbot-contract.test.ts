import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { NewLoginLink, RelayCallback, UnlinkNotice } from '@munjigi/contracts/relay'

const page = readFileSync('docs/chatbot-contract.md', 'utf8')
const sections = page.split(/^## /m)
const vectors = readFileSync('packages/sealing/vectors/canonical-json.jsonl', 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line))

/** The rows of the table under a heading that has a column `field`: name and what the second column says. */
function fieldsUnder(heading: string): [string, string][] {
  const table = sections.find((section) => section.startsWith(heading))?.match(/^\| field .*\n(?:\|.*\n)+/m)?.[0] ?? ''
  return [...table.matchAll(/^\| `(\w+)` \| (\w+)/gm)].map(([, name = '', kind = '']) => [name, kind])
}

test('the request for a link has the fields of the contract, the required ones marked so', () => {
  const fields = fieldsUnder('1. ')

  assert.deepEqual(fields.map(([name]) => name).sort(), Object.keys(NewLoginLink.properties).sort())
  assert.deepEqual(
    fields.flatMap(([name, kind]) => (kind === 'required' ? [name] : [])).sort(),
    NewLoginLink.required.toSorted(),
  )
})

for (const { heading, shape } of [
  { heading: '3. ', shape: RelayCallback },
  { heading: '5. ', shape: UnlinkNotice },
]) {
  test(`section ${heading}has the fields of the contract and their types`, () => {
    const types = Object.entries(shape.properties).map(([name, { type }]) => [name, type === 'string' ? 'text' : type])

    assert.deepEqual(Object.fromEntries(fieldsUnder(heading)), Object.fromEntries(types))
    assert.deepEqual(shape.required.toSorted(), Object.keys(shape.properties).sort())
  })
}

test('every code that the relay answers is explained, and no other', () => {
  const problems = readFileSync('services/auth-relay/src/problems.ts', 'utf8')
  const types = [...problems.matchAll(/(?:refused\(\d+, |failed\(|new Problem\(\d+, )'([a-z-]+)'/g)]
  const answered = types.map(([, type = '']) => type.replaceAll('-', '_'))
  const explained = [...page.matchAll(/^\| \d{3} \|([^|]+)\|(.*)$/gm)].flatMap(([, codes = '', text = '']) => [
    ...(codes.match(/[a-z]+(?:_[a-z]+)+/g) ?? []),
    // Where the code alone does not tell, the type does.
    ...(text.match(/(?<=\/problems\/)[a-z-]+/g) ?? []),
  ])
  const codes = explained.map((code) => code.replaceAll('-', '_'))

  assert.ok(answered.length > 10)
  assert.deepEqual([...new Set(codes)].sort(), [...new Set(answered)].sort())
})

test('the vectors are those of the data file, one for each kind of message and for each range of characters', () => {
  const secret = /The secret is `([0-9a-f]+)`/.exec(page)?.[1]
  const shown = [...page.matchAll(/^```vector\nbody +(.+)\nsignature +(.+)\nescaped +(.+)\n```$/gm)]

  assert.equal(shown.length, 5)
  for (const [, raw, signature, escaped] of shown) {
    const vector = vectors.find((each) => each.raw === raw && each.secret === secret)
    assert.deepEqual([vector?.raw_signature, vector?.ascii_signature], [signature, escaped])
  }
})
