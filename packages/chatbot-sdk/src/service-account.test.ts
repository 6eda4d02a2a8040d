import assert from 'node:assert/strict'
import type { RequestListener } from 'node:http'
import { type TestContext, test } from 'node:test'
import { type Provider, testProvider } from '@munjigi/testing/provider'
import { providerProxy } from '@munjigi/testing/provider-proxy'
import { headerOf, type SeenRequest, testUpstream } from '@munjigi/testing/upstream'
import { createServiceAccount } from './service-account.ts'
import { claimsOf } from './token-claims.ts'

const UNAVAILABLE = { status: 503, type: 'login-unavailable' }
const ok: RequestListener = (_request, response) => response.end('ok')

async function setUp(t: TestContext, { answer = ok, secret }: { answer?: RequestListener; secret?: string } = {}) {
  const provider = await testProvider()
  const proxy = await providerProxy(provider.issuer)
  const gateway = await testUpstream(answer)
  const clock = { ms: Date.now() }
  const account = createServiceAccount({
    idp: {
      issuer: provider.issuer,
      clientId: 'notice-service',
      clientSecret: secret ?? provider.clients['notice-service'].secret,
      backchannelUrl: proxy.url,
    },
    gatewayUrl: gateway.url,
    now: () => clock.ms,
  })
  t.after(async () => {
    await account.close()
    await gateway.close()
    await proxy.close()
    await provider.close()
  })
  return { account, gateway, proxy, provider, clock }
}

const tokenOf = (request: SeenRequest | undefined): string =>
  headerOf(request, 'authorization')?.replace('Bearer ', '') ?? ''
const subOf = async (provider: Provider) => claimsOf(await provider.clientToken('notice-service'))?.sub

test('an account asks with its own token under its real sub', async (t) => {
  const { account, gateway, provider } = await setUp(t)
  const answer = await account.fetch('meal', '/v1/menus?date=2026-11-21', { headers: { 'X-User-Sub': 'root' } })
  const [request] = gateway.requests

  assert.equal(await answer.text(), 'ok')
  assert.equal(request?.url, '/api/meal/v1/menus?date=2026-11-21')
  assert.equal(headerOf(request, 'x-user-sub'), await subOf(provider))
  assert.equal(claimsOf(tokenOf(request))?.azp, 'notice-service')
})

test('an account that acts for a person names the person beside its own token', async (t) => {
  const { account, gateway } = await setUp(t)
  await account.fetch('meal', '/v1/administered-restaurants', { actFor: 'kim' })
  const [request] = gateway.requests

  assert.equal(headerOf(request, 'x-user-sub'), 'kim')
  assert.equal(claimsOf(tokenOf(request))?.azp, 'notice-service')
})

test('one token serves all calls until 60 seconds before its end, and many callers ask for it once', async (t) => {
  const { account, proxy, clock } = await setUp(t)
  const call = () => account.fetch('meal', '/v1/menus')
  await Promise.all(Array.from({ length: 20 }, call))
  assert.equal(proxy.count('client_credentials'), 1)
  clock.ms += 239_000
  await call()
  assert.equal(proxy.count('client_credentials'), 1)
  clock.ms += 2_000
  await Promise.all([call(), call()])

  assert.equal(proxy.count('client_credentials'), 2)
})

test('a 401 is answered by one more try with a new token, a second 401 is the answer', async (t) => {
  const { account, proxy, gateway } = await setUp(t, {
    answer: (_request, response) => response.writeHead(401).end('no'),
  })
  const answer = await account.fetch('meal', '/v1/menus', { method: 'POST', body: '{}' })
  const [first, second] = gateway.requests

  assert.equal(answer.status, 401)
  assert.equal(await answer.text(), 'no')
  assert.equal(gateway.requests.length, 2)
  assert.equal(proxy.count('client_credentials'), 2)
  assert.notEqual(tokenOf(first), tokenOf(second))
  assert.deepEqual([first?.body, second?.body], ['{}', '{}'])
})

test('a refusal by the gateway is passed on as it is', async (t) => {
  const refuse: RequestListener = (_request, response) =>
    response.writeHead(403, { 'content-type': 'application/problem+json' }).end('{"type":"/problems/unknown-person"}')
  const { account, gateway } = await setUp(t, { answer: refuse })
  const answer = await account.fetch('meal', '/v1/menus', { actFor: 'nobody' })

  assert.equal(answer.status, 403)
  assert.deepEqual(await answer.json(), { type: '/problems/unknown-person' })
  assert.equal(gateway.requests.length, 1)
})

test('a provider that is down is told from a secret that is wrong, and after its bad day all is well', async (t) => {
  const { account, gateway, proxy } = await setUp(t)
  const call = () => account.fetch('meal', '/v1/menus')

  for (const fault of [
    { status: 500, body: '{}' },
    { status: 502, body: '<html>', type: 'text/html' },
  ] as const) {
    proxy.next('client_credentials', fault)
    await assert.rejects(call(), UNAVAILABLE)
  }
  for (const fault of ['cut', 'lost'] as const) {
    proxy.next('client_credentials', fault)
    await assert.rejects(call(), UNAVAILABLE)
  }
  assert.equal(gateway.requests.length, 0)
  assert.equal((await call()).status, 200)
  const wrong = await setUp(t, { secret: 'wrong' })
  await assert.rejects(wrong.account.fetch('meal', '/'), { status: 502, type: 'login-misconfigured' })
  assert.equal(wrong.gateway.requests.length, 0)
})

test('a path that leaves its module is refused before anything is sent', async (t) => {
  const { account, gateway } = await setUp(t)

  for (const path of ['/../auth/v1/me', '//evil.example/', '/%2e%2e/auth'])
    await assert.rejects(account.fetch('meal', path), { status: 400, type: 'path-refused' })
  assert.equal(gateway.requests.length, 0)
})
