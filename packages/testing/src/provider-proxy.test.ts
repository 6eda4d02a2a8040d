import assert from 'node:assert/strict'
import { after, afterEach, beforeEach, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { eventually } from './eventually.ts'
import { testProvider } from './provider.ts'
import { type ProviderProxy, providerProxy } from './provider-proxy.ts'

const provider = await testProvider()
after(() => provider.close())

let proxy: ProviderProxy
beforeEach(async () => {
  proxy = await providerProxy(provider.issuer)
})
afterEach(() => proxy.close())

const CREDENTIALS = { grant_type: 'client_credentials', client_id: 'notice-service' }
const path = new URL(provider.issuer).pathname

const post = (form: Record<string, string>, signal?: AbortSignal) => {
  const body = new URLSearchParams({ client_secret: provider.clients['notice-service'].secret, ...form })
  const url = `${proxy.url}${path}/protocol/openid-connect/token`
  return fetch(url, { method: 'POST', body, ...(signal && { signal }) })
}
const statusOf = async (answer: Promise<Response>) => (await answer).status

test('what nothing befalls passes both ways, under the address of the provider itself', async () => {
  const discovery = await fetch(`${proxy.url}${path}/.well-known/openid-configuration`)
  const keys = (await (await fetch(`${proxy.url}${path}/protocol/openid-connect/certs`)).json()) as { keys: unknown[] }
  const good = await post(CREDENTIALS)
  const bad = await post({ ...CREDENTIALS, client_secret: 'wrong' })

  assert.equal(((await discovery.json()) as { issuer: string }).issuer, provider.issuer)
  assert.ok(keys.keys.length > 1)
  assert.ok(((await good.json()) as { access_token?: string }).access_token)
  assert.deepEqual([bad.status, ((await bad.json()) as { error: string }).error], [401, 'unauthorized_client'])
})

test('every request is counted by what it is for', async () => {
  await post(CREDENTIALS)
  await post({ ...CREDENTIALS, grant_type: 'refresh_token', refresh_token: 'x' })
  await post({ ...CREDENTIALS, grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange' })

  assert.deepEqual(
    proxy.requests.map(({ call, status }) => [call, status]),
    [
      ['client_credentials', 200],
      ['refresh_token', 400],
      ['token-exchange', 400],
    ],
  )
  assert.deepEqual([proxy.count('refresh_token'), proxy.count('certs')], [1, 0])
  assert.equal(proxy.requests[1]?.form.get('refresh_token'), 'x')
})

test('a bad day may befall one request, in order, or all of them', async () => {
  proxy.next('client_credentials', { status: 500, body: '{"error":"unknown_error"}' })
  proxy.next('client_credentials', { status: 502, body: '<html>', type: 'text/html' })
  const [first, second] = [await post(CREDENTIALS), await post(CREDENTIALS)]
  const third = await statusOf(post(CREDENTIALS))
  proxy.always('anything', { status: 503, body: '' })
  const down = [
    await statusOf(post(CREDENTIALS)),
    await statusOf(post({ ...CREDENTIALS, grant_type: 'refresh_token' })),
  ]
  proxy.always('anything')

  assert.deepEqual([first.status, second.status, third], [500, 502, 200])
  assert.deepEqual([second.headers.get('content-type'), await second.text()], ['text/html', '<html>'])
  assert.deepEqual(down, [503, 503])
  assert.equal(await statusOf(post(CREDENTIALS)), 200)
})

test('an answer that is lost was given, one that is cut off was not', async () => {
  proxy.next('client_credentials', 'lost')
  proxy.next('client_credentials', 'cut')
  for (let attempt = 0; attempt < 2; attempt++) await assert.rejects(post(CREDENTIALS), { name: 'TypeError' })

  assert.deepEqual(
    proxy.requests.map(({ status }) => status),
    [200, undefined],
  )
})

test('a frozen provider says nothing until its caller gives up', async () => {
  proxy.always('client_credentials', 'frozen')
  const stop = new AbortController()
  const said = post(CREDENTIALS, stop.signal).catch((error: Error) => error.name)
  await eventually(() => assert.equal(proxy.count('client_credentials'), 1))
  const first = await Promise.race([said, pause(100, 'silence')])
  stop.abort()

  assert.deepEqual([first, await said], ['silence', 'AbortError'])
  assert.equal(proxy.requests[0]?.status, undefined)
})

test('what has to happen first is waited for, on the way there and on the way back', async () => {
  const seen: (number | undefined)[] = []
  const look = async () => void seen.push(proxy.requests[0]?.status)
  proxy.next('client_credentials', { before: look, after: look })

  assert.equal(await statusOf(post(CREDENTIALS)), 200)
  assert.deepEqual(seen, [undefined, 200])
})

test('a provider that is gone resets the connection', async () => {
  const gone = await providerProxy('http://127.0.0.1:1/realms/munjigi')
  await assert.rejects(fetch(`${gone.url}/realms/munjigi`), { name: 'TypeError' })
  await gone.close()
})
