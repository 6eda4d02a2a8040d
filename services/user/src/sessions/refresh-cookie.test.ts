import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { refusalOf } from '../refusal.fixture.ts'
import { FRONTEND, PLATFORM, testBrowser } from '../service.fixture.ts'
import { signedInService } from '../signed-in.fixture.ts'

const COOKIE = 'munjigi-refresh'
const ours = { origin: FRONTEND }

let service: Awaited<ReturnType<typeof signedInService>>
before(async () => {
  service = await signedInService()
})
after(() => service.close())

test('the cookie is read only by POST from our own pages, is replaced, and its token never stands in the body', async () => {
  const { browser, refreshToken: replaced } = await service.signIn()
  for (const headers of [{}, { origin: 'https://evil.example.com' }, { origin: 'null' }])
    assert.deepEqual(await refusalOf(await browser.post('/api/auth/v1/refresh', headers)), [403, 'origin-refused'])
  const answer = await browser.post('/api/auth/v1/refresh', { origin: PLATFORM })

  assert.equal(answer.headers.get('cache-control'), 'no-store')
  assert.deepEqual(Object.keys((await answer.json()) as object).sort(), ['access_token', 'expires_in', 'token_type'])
  assert.notEqual(browser.cookies.get(COOKIE), replaced)
  const [cookie] = answer.headers.getSetCookie()
  for (const attribute of ['HttpOnly', 'Secure', 'SameSite=Strict', 'Path=/api/auth/'])
    assert.ok(cookie?.includes(attribute), attribute)
})

test('nothing sent is nothing refreshed', async () => {
  const browser = testBrowser(service.url)

  assert.deepEqual(await refusalOf(await browser.post('/api/auth/v1/refresh', ours)), [401, 'refresh-token-missing'])
  assert.deepEqual(await refusalOf(await browser.post('/api/auth/v1/logout', ours)), [401, 'refresh-token-missing'])
})
