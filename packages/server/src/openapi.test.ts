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

test('what has a default may be left out of a request and is always in the answer', async () => {
  const app = createServer({ name: 'test', logLevel: 'silent' })
  const Page = Type.Object({
    limit: Type.Integer({ default: 10 }),
    rules: Type.Array(Type.Object({ on: Type.Boolean({ default: true }) })),
  })
  app.register(async (scope) => {
    await openApi(scope, '/openapi.json', { title: 'things', description: 'about things' })
    const schema = { querystring: Type.Pick(Page, ['limit']), body: Page, response: { 200: Page } }
    scope.post('/things', { schema }, async (request) => request.body)
  })
  const { parameters, requestBody, responses } = (await app.inject('/openapi.json')).json().paths['/things'].post

  assert.equal(parameters[0].required, false)
  const sent = requestBody.content['application/json'].schema
  assert.deepEqual([sent.required, sent.properties.rules.items.required], [['rules'], []])
  assert.deepEqual(responses[200].content['application/json'].schema.required, ['limit', 'rules'])
  const answer = await app.inject({ method: 'POST', url: '/things', payload: { rules: [{}] } })
  assert.deepEqual(answer.json(), { limit: 10, rules: [{ on: true }] })
})

test('a route of any path and any method is described as far as OpenAPI knows such a thing', async () => {
  const app = createServer({ name: 'test', logLevel: 'silent' })
  app.register(async (scope) => {
    await openApi(scope, '/openapi.json', { title: 'things', description: 'about things' })
    scope.addHttpMethod('PROPFIND')
    scope.route({
      method: ['GET', 'OPTIONS', 'PROPFIND'],
      url: '/things/*',
      exposeHeadRoute: false,
      schema: { params: Type.Object({ '*': Type.String() }) },
      handler: async () => ({}),
    })
  })
  const { paths } = (await app.inject('/openapi.json')).json()

  assert.deepEqual(Object.keys(paths), ['/things/{path}'])
  assert.deepEqual(Object.keys(paths['/things/{path}']), ['get', 'options'])
  assert.equal(paths['/things/{path}'].get.parameters[0].name, 'path')
})

test('a route shows what its preHandlers demand, and whether a token is needed at all', async () => {
  const app = createServer({ name: 'test', logLevel: 'silent' })
  const demand = (openapi: object) => Object.assign(async () => {}, { openapi })
  app.register(async (scope) => {
    await openApi(scope, '/openapi.json', { title: 'things', description: 'about things' })
    const handler = async () => ({})
    const both = [demand({ 'x-permission': 'case:read' }), async () => {}, demand({ 'x-case-role': ['trustee'] })]
    scope.get('/demanding', { preHandler: both, schema: { summary: 'Demands' } }, handler)
    scope.get('/plain', handler)
    scope.get('/public', { config: { access: 'public' } }, handler)
    scope.get('/open', { config: { access: 'open' } }, handler)
  })
  const { paths } = (await app.inject('/openapi.json')).json()

  const { summary, security, 'x-permission': permission, 'x-case-role': roles } = paths['/demanding'].get
  assert.deepEqual([summary, security, permission, roles], ['Demands', undefined, 'case:read', ['trustee']])
  assert.equal(paths['/plain'].get.security, undefined)
  assert.deepEqual(paths['/public'].get.security, [{}, { bearer: [] }])
  assert.deepEqual(paths['/open'].get.security, [])
})
