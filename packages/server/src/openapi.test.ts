import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Type } from 'typebox'
import { createServer } from './create-server.ts'
import { openApi } from './openapi.ts'

test('two scopes of one host describe their own routes only, each with its problem answers', async () => {
  const app = createServer({ name: 'test', logLevel: 'silent' })
  for (const name of ['meal', 'trace'])
    app.register(async (scope) => {
      await openApi(scope, `/api/${name}/openapi.json`, { title: name, description: `about ${name}` })
      scope.get(
        `/api/${name}/v1/things`,
        { schema: { response: { 200: Type.Object({ name: Type.String() }) } } },
        async () => ({ name }),
      )
    })
  const document = (await app.inject('/api/trace/openapi.json')).json()

  assert.deepEqual(Object.keys(document.paths), ['/api/trace/v1/things'])
  const { responses } = document.paths['/api/trace/v1/things'].get
  assert.deepEqual(Object.keys(responses), ['200', 'default'])
  assert.ok(responses.default.content['application/problem+json'])
  assert.equal(document.components.securitySchemes.bearer.scheme, 'bearer')
})
