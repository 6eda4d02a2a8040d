import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { decodeJwt } from 'jose'
import { refusalOf } from '../refusal.fixture.ts'
import { TENANT, type TestService, testBrowser, testService } from '../service.fixture.ts'
import { testIdp } from '../sso/idp.fixture.ts'

let service: TestService
let token: string
let sub: string
let browser: ReturnType<typeof testBrowser>
before(async () => {
  const idp = await testIdp()
  service = await testService({ env: { ...idp.env(idp.pemFile), SSO_TOKEN_DELIVERY: 'token' } })
  browser = testBrowser(service.url)
  const answer = await browser.callback(await idp.answer(await browser.begin()))
  token = new URL(answer.headers.get('location') ?? '').searchParams.get('token') ?? ''
  sub = decodeJwt(token).sub ?? ''
})
after(() => service.close())

const me = (
  init: { method?: string; body?: unknown; headers?: Record<string, string> } = {},
  path = '/api/auth/v1/me',
) =>
  fetch(service.url + path, {
    method: init.method ?? 'GET',
    headers: {
      authorization: `Bearer ${token}`,
      'x-user-sub': sub,
      ...(init.body !== undefined && { 'content-type': 'application/json' }),
      ...init.headers,
    },
    ...(init.body !== undefined && { body: JSON.stringify(init.body) }),
  })
const change = (values: object) => service.db.updateTable('people').set(values).where('sub', '=', sub).execute()

test('a waiting person sees their own profile, under both paths', async () => {
  const profile = await (await me()).json()

  assert.deepEqual(profile, {
    sub,
    user_id: 'syngha.han',
    email: 'syngha.han@example.com',
    username_kr: '한승하',
    username_en: 'Syngha Han',
    deptname_kr: '플랫폼개발팀',
    deptname_en: 'Platform Development',
    role: 'PENDING',
    status: 'active',
    superuser: false,
    tenant_id: TENANT,
    sections: [],
    theme_preference: 'light',
    language_preference: 'ko',
  })
  assert.deepEqual(await (await me({}, '/api/v1/auth/me')).json(), profile)
})

test('theme and language can be changed, and nothing else', async () => {
  const changed = await me({ method: 'PATCH', body: { theme_preference: 'dark', language_preference: 'en' } })
  assert.equal(changed.status, 200)
  const { theme_preference, language_preference } = (await (await me()).json()) as Record<string, string>
  assert.deepEqual([theme_preference, language_preference], ['dark', 'en'])

  for (const body of [
    {},
    { role: 'ADMIN' },
    { theme_preference: 'dark', superuser: true },
    { theme_preference: 'pink' },
    [],
  ])
    assert.deepEqual(await refusalOf(await me({ method: 'PATCH', body })), [400, 'invalid-request'])
})

test('without a token, or as somebody else, there is no profile', async () => {
  assert.deepEqual(await refusalOf(await fetch(`${service.url}/api/auth/v1/me`)), [401, 'token-missing'])
  assert.deepEqual(await refusalOf(await me({ headers: { 'x-user-sub': 'other' } })), [401, 'user-sub-mismatch'])
  assert.deepEqual(await refusalOf(await me({ headers: { 'x-tenant-id': 'other' } })), [403, 'tenant-mismatch'])
})

test('the profile asks the database whether person and session still stand', async () => {
  await change({ status: 'disabled' })
  assert.deepEqual(await refusalOf(await me()), [403, 'account-disabled'])
  await change({ status: 'rejected' })
  assert.deepEqual(await refusalOf(await me()), [403, 'account-rejected'])
  await change({ status: 'active', valid_from: Math.floor(Date.now() / 1000) + 1 })
  assert.deepEqual(await refusalOf(await me()), [401, 'token-outdated'])
  await change({ valid_from: 0 })
  assert.equal((await me()).status, 200)
  await browser.get('/api/auth/logout/')
  assert.deepEqual(await refusalOf(await me()), [401, 'session-ended'])
})

test('the module describes itself', async () => {
  const document = (await (await fetch(`${service.url}/api/auth/openapi.json`)).json()) as { paths: object }

  for (const path of ['/api/auth/login', '/api/auth/v1/refresh', '/api/auth/v1/me'])
    assert.ok(Object.keys(document.paths).includes(path), path)
  assert.ok(!JSON.stringify(document).includes('/internal/'))
})
