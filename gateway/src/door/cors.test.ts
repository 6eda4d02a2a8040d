import assert from 'node:assert/strict'
import { test } from 'node:test'
import { problemTypeOf, runGateway } from '../gateway.fixture.ts'
import { raw } from '../raw-client.fixture.ts'

const FRIEND = 'https://app.example'
const file = `allowed_origins: [${FRIEND}]`
const cors = (response: Response) => [...response.headers.keys()].filter((name) => name.startsWith('access-control-'))
const preflight = (origin: string) => ({
  method: 'OPTIONS',
  headers: {
    origin,
    'access-control-request-method': 'DELETE',
    'access-control-request-headers': 'authorization, x-tenant-id',
  },
})

test('a preflight is answered by the gateway, without credentials and without asking who calls', async (t) => {
  const { url, seen } = await runGateway(t, { file })

  const { status, headers } = await fetch(`${url}/api/meal/v1/menus`, preflight(FRIEND))

  assert.equal(status, 204)
  assert.equal(headers.get('access-control-allow-origin'), FRIEND)
  assert.equal(headers.get('access-control-allow-methods'), 'DELETE')
  assert.equal(headers.get('access-control-allow-headers'), 'authorization, x-tenant-id')
  assert.equal(headers.get('access-control-allow-credentials'), null)
  assert.match(headers.get('vary') ?? '', /Origin/)
  assert.deepEqual(seen, [])
})

test('a preflight waits for no body', async (t) => {
  const { port } = await runGateway(t, { file })

  const answer = await raw(
    port,
    `OPTIONS /api/meal/x HTTP/1.1\r\nHost: gateway.example\r\nOrigin: ${FRIEND}\r\nAccess-Control-Request-Method: GET\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n`,
  )

  assert.equal(answer.status, 204)
})

test("the gateway's own routes can be read from elsewhere too", async (t) => {
  const { url } = await runGateway(t, { file })

  const asked = await fetch(`${url}/api/server-status`, preflight(FRIEND))
  const answered = await fetch(`${url}/api/server-status`, { headers: { origin: FRIEND } })

  assert.equal(asked.status, 204)
  assert.equal(answered.status, 401)
  assert.equal(answered.headers.get('access-control-allow-origin'), FRIEND)
})

test('an origin that is not listed is refused its preflight and may read no answer', async (t) => {
  const { url, bearer } = await runGateway(t, { file })

  for (const origin of ['https://evil.example', 'null', `${FRIEND}.evil.example`, 'http://app.example']) {
    const asked = await fetch(`${url}/api/meal/v1/menus`, preflight(origin))
    const answered = await fetch(`${url}/api/meal/v1/menus`, { headers: { origin, authorization: bearer() } })
    assert.equal(await problemTypeOf(asked), '/problems/origin-not-allowed')
    assert.deepEqual([...cors(asked), ...cors(answered)], [])
  }
})

test("the service's own CORS headers are replaced, and refusals can be read too", async (t) => {
  const { url, bearer } = await runGateway(t, {
    file,
    meal: (_request, response) =>
      void response
        .writeHead(200, { 'access-control-allow-origin': '*', 'access-control-allow-credentials': 'true' })
        .end(),
  })
  const ask = (headers: Record<string, string>) =>
    fetch(`${url}/api/meal/v1/menus`, { headers: { origin: FRIEND, ...headers } })

  for (const [status, response] of [
    [200, await ask({ authorization: bearer() })],
    [401, await ask({})],
  ] as const) {
    assert.equal(response.status, status)
    assert.equal(response.headers.get('access-control-allow-origin'), FRIEND)
    assert.equal(response.headers.get('access-control-allow-credentials'), null)
  }
})

test('OPTIONS that is no preflight goes to the service like any other request', async (t) => {
  const { url, seen, bearer } = await runGateway(t, { file })

  const { status } = await fetch(`${url}/api/meal/v1/menus`, {
    method: 'OPTIONS',
    headers: { authorization: bearer() },
  })

  assert.equal(status, 200)
  assert.equal(seen[0]?.method, 'OPTIONS')
})
