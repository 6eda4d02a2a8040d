import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Type } from 'typebox'
import { createServer } from './create-server.ts'

const app = createServer({ name: 'test', logLevel: 'silent' })
const Anything = Type.Object({ fields: Type.Unknown() })
app.post('/', { schema: { body: Anything } }, async () => ({ ok: true }))
app.get('/', { schema: { querystring: Type.Object({ search: Type.String() }) } }, async () => ({ ok: true }))

const post = (fields: string) =>
  app.inject({
    method: 'POST',
    url: '/',
    headers: { 'content-type': 'application/json' },
    payload: `{"fields":${fields}}`,
  })

test('NUL, a lone surrogate and bottomless JSON are 400 wherever they stand, and the field is named', async () => {
  const bottomless = '['.repeat(100_000) + ']'.repeat(100_000)
  const bad: [string, string][] = [
    ['"a\\u0000"', 'fields'],
    ['{"a":["x","\\ud800"]}', 'fields.a.1'],
    ['{"\\udfff":1}', 'fields'],
    [bottomless, 'fields'],
  ]
  for (const [fields, field] of bad) {
    const answer = await post(fields)

    assert.equal(answer.statusCode, 400, fields.slice(0, 20))
    assert.equal(answer.json().faults[0].field, field)
  }
})

test('NUL in a query is 400', async () => {
  assert.equal((await app.inject('/?search=a%00')).json().faults[0].field, 'search')
})

test('Korean, emoji and 60 levels pass', async () => {
  assert.equal((await post('{"말":"😀"}')).statusCode, 200)
  assert.equal((await post('['.repeat(60) + ']'.repeat(60))).statusCode, 200)
})
