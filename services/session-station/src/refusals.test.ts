import assert from 'node:assert/strict'
import { after, suite, test } from 'node:test'
import { BASE, testService } from './service.fixture.ts'

const service = await testService()
after(service.close)

interface Operation {
  parameters?: { name: string; in: string }[]
  requestBody?: { content: Record<string, { schema: object }> }
}
const { paths } = (await service.app.inject('/api/session-station/openapi.json')).json()
// A refused HEAD says by its status alone what GET says.
const operations = Object.entries(paths as Record<string, Record<string, Operation>>).flatMap(([path, methods]) =>
  Object.entries(methods)
    .filter(([method]) => method !== 'head')
    .map(([method, operation]) => ({
      method: method.toUpperCase() as 'GET' | 'POST' | 'PUT' | 'DELETE',
      path: path.slice(BASE.length),
      operation,
    })),
)

const FILLED: Record<string, string> = {
  service_id: 'nothing',
  template_id: '00000000-0000-4000-8000-00000000dead',
  preset_id: 'nothing',
  path: 'x',
}
const filled = (path: string, values = FILLED) => path.replaceAll(/\{(\w+)\}/g, (_all, name) => values[name] ?? 'x')
/** What passes the schema of each body that there is. */
const BODIES: Record<string, object> = {
  '/auth-profiles/{service_id}': { name: 'x' },
  '/auth-profile-store/upload': { service_id: 'nothing' },
  '/auth-profile-presets/{preset_id}': { service_id: 'x', base_url: 'https://x.example' },
}

for (const { method, path, operation } of operations) {
  const isProxy = path.startsWith('/proxy/')
  const hasBody = operation.requestBody !== undefined
  const body = BODIES[path] ?? (hasBody ? {} : undefined)

  suite(`${method} ${path}`, () => {
    const refusal = (answer: Awaited<ReturnType<typeof service.app.inject>>) => {
      assert.match(String(answer.headers['content-type']), /^application\/problem\+json/)
      assert.equal(answer.headers['cache-control'], 'no-store')
      const { type, status, title, detail, request_id } = answer.json()
      assert.ok([title, detail, request_id].every((text) => typeof text === 'string' && text !== ''))
      assert.equal(status, answer.statusCode)
      return [status, type]
    }
    const call = (headers: Record<string, string>) =>
      service.app.inject({ method, url: BASE + filled(path), headers, ...(body && { payload: body }) })

    test('nobody, somebody else and a token of another issuer are refused', async () => {
      const authorization = `Bearer ${service.tokenOf('lee')}`
      const foreign = `Bearer ${service.tokenOf('lee', { iss: 'https://elsewhere.example' })}`

      assert.deepEqual(refusal(await call({})), [401, '/problems/token-missing'])
      assert.deepEqual(refusal(await call({ authorization })), [401, '/problems/user-sub-missing'])
      assert.deepEqual(refusal(await call({ authorization, 'x-user-sub': 'choi' })), [
        401,
        '/problems/user-sub-mismatch',
      ])
      assert.equal(refusal(await call({ authorization: foreign, 'x-user-sub': 'lee' }))[0], 401)
    })

    test('a scoped token reaches the part that it names and no other', async () => {
      const proxyOnly = service.as('lee', { scope: 'session-station:proxy' })
      const elsewhere = service.as('lee', { scope: 'session-station:nothing meal' })

      assert.deepEqual(refusal(await elsewhere(method, filled(path), body)), [403, '/problems/scope-required'])
      const reached = await proxyOnly(method, filled(path), body)
      if (isProxy) assert.deepEqual(refusal(reached), [404, '/problems/auth-profile-not-found'])
      else assert.deepEqual(refusal(reached), [403, '/problems/scope-required'])
    })

    test('what is not there, or not the caller’s, is 404; a name that can be none is 400', async (t) => {
      const named = operation.parameters?.filter((parameter) => parameter.in === 'path') ?? []
      if (named.length === 0) return t.skip('it names nothing')
      const absent = await service.as('lee')(method, filled(path), body)

      assert.equal(refusal(absent)[0], 404)
      if (path.includes('{preset_id}')) return
      for (const odd of ['%20', 'a%00b', `-${'x'.repeat(150)}`])
        assert.deepEqual(
          refusal(
            await service.as('lee')(method, filled(path, { ...FILLED, service_id: odd, template_id: odd }), body),
          ),
          [400, '/problems/invalid-request'],
        )
    })

    test('a body or a query that it does not know is refused', async () => {
      if (isProxy) return
      const lee = service.as('lee')
      if (hasBody)
        for (const bad of [{ ...body, no_such_member: 1 }, [], { ...body, name: '\0' }])
          assert.equal(refusal(await lee(method, filled(path), bad))[0], 400, JSON.stringify(bad))
      if (operation.parameters?.some((parameter) => parameter.in === 'query'))
        assert.deepEqual(refusal(await lee(method, `${filled(path)}?no_such_parameter=1`)), [
          400,
          '/problems/invalid-request',
        ])
    })
  })
}
