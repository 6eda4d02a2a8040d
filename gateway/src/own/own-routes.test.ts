import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LEE, problemTypeOf, runGateway } from '../gateway.fixture.ts'
import { RawClient, raw } from '../raw-client.fixture.ts'

test('every health is shown to a superuser, and to nobody else', async (t) => {
  const { url, user, bearer, announce, platform } = await runGateway(t, {
    settings: '    health_path: /alive',
    meal: (request, response) => void response.writeHead(request.url === '/alive' ? 200 : 500).end(),
  })
  const ask = (headers = {}) => fetch(`${url}/api/server-status`, { headers })

  const nobody = await ask()
  const somebody = await ask({ authorization: bearer() })
  user.setPerson({ sub: LEE, superuser: true })
  await announce({ issuer: platform.issuer, sub: LEE })
  const superuser = await ask({ authorization: bearer() })

  assert.equal(await problemTypeOf(nobody), '/problems/token-missing')
  assert.equal(await problemTypeOf(somebody), '/problems/superuser-required')
  const { services } = (await superuser.json()) as { services: Record<string, unknown>[] }
  assert.deepEqual(
    services.map(({ name, modules, status }) => [name, modules, status]),
    [
      ['user', ['auth', 'admin'], 'ok'],
      ['meal', ['meal'], 'ok'],
    ],
  )
  assert.doesNotMatch(JSON.stringify(services), /127\.0\.0\.1/)
})

test("the platform's keys are the user service's", async (t) => {
  const { url, platform } = await runGateway(t)

  const response = await fetch(`${url}/.well-known/jwks.json`)

  assert.match(response.headers.get('cache-control') ?? '', /max-age/)
  assert.deepEqual(await response.json(), { keys: platform.publishedKeys })
})

test('probes answer, figures do not stand on the public port', async (t) => {
  const { url } = await runGateway(t)

  assert.equal((await fetch(`${url}/healthz`)).status, 200)
  const ready = (await (await fetch(`${url}/readyz`)).json()) as { checks: object }
  assert.deepEqual(ready.checks, { keys: 'ok', store: 'ok' })
  assert.equal((await fetch(`${url}/metrics`)).status, 404)
})

test('the page of all APIs needs nothing from elsewhere and may run nothing of others', async (t) => {
  const { url } = await runGateway(t)

  const page = await fetch(`${url}/docs`)

  assert.match(page.headers.get('content-security-policy') ?? '', /default-src 'none'/)
  const addresses = [...(await page.text()).matchAll(/(?:src|href)="([^"]+)"/g)].map(([, address]) => address)
  assert.deepEqual(addresses, ['/docs/page.css', '/docs/page.js'])
  for (const address of addresses) assert.equal((await fetch(`${url}${address}`)).status, 200)
  assert.deepEqual(await (await fetch(`${url}/docs/modules.json`)).json(), ['admin', 'auth', 'meal'])
})

test('what only looks like an own route is looked up in the table', async (t) => {
  const { url } = await runGateway(t)

  for (const path of [
    '/healthz/x',
    '/HEALTHZ',
    '/api/server-status/x',
    '/internal/user/v1/access',
    '/api/internal/user',
  ])
    assert.equal(await problemTypeOf(await fetch(`${url}${path}`)), '/problems/module-not-found', path)
})

test('no own route waits for a body, and none is answered under two names', async (t) => {
  const { port } = await runGateway(t)
  const begun = 'Host: gateway.example\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{'
  const requests = ['POST /docs', 'POST /healthz', 'GET /.well-known/jwks.json', 'PUT /api/server-status']

  const answers = await Promise.all(requests.map((line) => raw(port, `${line} HTTP/1.1\r\n${begun}`)))
  for (const answer of answers) assert.equal(answer.refusal, '404 module-not-found')
  const hosts = await new RawClient(port).send('GET /docs HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n').seen('}')
  hosts.socket.destroy()
  assert.equal(hosts.refusal, '400 ambiguous-header')
})

test('figures count requests by module, method and status', async (t) => {
  const gateway = await runGateway(t)

  await fetch(`${gateway.url}/api/meal/open`)
  await fetch(`${gateway.url}/api/meal/v1/menus`)
  const text = await gateway.metrics()

  assert.match(text, /gateway_requests_total{module="meal",method="GET",status="200"} 1/)
  assert.match(text, /gateway_requests_total{module="meal",method="GET",status="401"} 1/)
  assert.match(text, /gateway_request_duration_seconds_bucket{module="meal",le="\+Inf"} 2/)
  assert.match(text, /gateway_request_duration_seconds_count{module="meal"} 2/)
  assert.match(text, /gateway_key_fetches_total{issuer="https:\/\/gateway.example",outcome="ok"} [1-9]/)
  assert.match(text, /gateway_table_generation 1/)
})
