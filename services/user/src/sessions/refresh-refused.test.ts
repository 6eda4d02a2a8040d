import assert from 'node:assert/strict'
import { after, before, beforeEach, mock, test } from 'node:test'
import { decodeJwt, decodeProtectedHeader, SignJWT } from 'jose'
import { refusalOf } from '../refusal.fixture.ts'
import { FRONTEND } from '../service.fixture.ts'
import { signedInService } from '../signed-in.fixture.ts'

const COOKIE = 'munjigi-refresh'
const ours = { origin: FRONTEND }

let service: Awaited<ReturnType<typeof signedInService>>
before(async () => {
  service = await signedInService()
})
after(() => service.close())
beforeEach(() => mock.timers.reset())

test('refusals say what source 003 lays down', async () => {
  const detailOf = async (answer: Promise<Response>) => ((await (await answer).json()) as { detail: string }).detail
  const { browser, refreshToken: token, sub } = await service.signIn()
  const set = (status: 'active' | 'disabled') =>
    service.db.updateTable('people').set({ status }).where('sub', '=', sub).execute()
  const headers = { authorization: `Bearer ${token}`, 'x-user-sub': sub }

  assert.equal(await detailOf(service.refresh('x')), 'Invalid refresh token')
  const earlier = await service.signIn()
  const { refresh_token } = (await (await service.refresh(earlier.refreshToken)).json()) as { refresh_token: string }
  await service.refresh(refresh_token)
  assert.equal(await detailOf(service.refresh(earlier.refreshToken)), 'Token revoked')
  assert.equal(await detailOf(fetch(`${service.url}/api/auth/v1/me`, { headers })), 'Use access token')
  await set('disabled')
  assert.equal(await detailOf(service.refresh(token)), 'User inactive')
  await set('active')
  await browser.post('/api/auth/v1/logout', ours)
  assert.equal(await detailOf(service.refresh(token)), 'Token revoked')
})

test('who signs out ends the family, and the cookie goes', async () => {
  const { browser, refreshToken: token } = await service.signIn()
  const signedOut = await browser.post('/api/auth/v1/logout', ours)
  assert.equal(signedOut.status, 204)
  assert.equal(browser.cookies.has(COOKIE), false)

  assert.deepEqual(await refusalOf(await service.refresh(token)), [401, 'session-ended'])
})

for (const [status, problem] of [
  ['disabled', 'account-disabled'],
  ['rejected', 'account-rejected'],
] as const) {
  test(`a ${status} person cannot refresh`, async () => {
    const { refreshToken: token, sub } = await service.signIn()
    await service.db.updateTable('people').set({ status }).where('sub', '=', sub).execute()

    assert.deepEqual(await refusalOf(await service.refresh(token)), [403, problem])
  })
}

test('a suspended tenant cannot refresh', async () => {
  const { refreshToken: token } = await service.signIn()
  const set = (status: 'active' | 'suspended') => service.db.updateTable('tenants').set({ status }).execute()
  await set('suspended')
  const answer = await service.refresh(token)
  await set('active')

  assert.deepEqual(await refusalOf(answer), [403, 'tenant-suspended'])
})

test('tokens of before valid_from are dead, and who is enabled again signs in anew', async () => {
  const { refreshToken: token, sub } = await service.signIn()
  const valid_from = Math.floor(Date.now() / 1000) + 1
  await service.db.updateTable('people').set({ valid_from }).where('sub', '=', sub).execute()

  assert.deepEqual(await refusalOf(await service.refresh(token)), [401, 'session-ended'])
})

test('what is no refresh token of ours is refused', async () => {
  const { refreshToken: token, token: accessToken } = await service.signIn()
  const claims = decodeJwt(token)
  const { kid } = decodeProtectedHeader(token) as { kid: string }
  const forged = await new SignJWT(claims)
    .setProtectedHeader({ alg: 'HS256', typ: 'rt+jwt', kid })
    .sign(new TextEncoder().encode('x'.repeat(32)))
  const [header, payload, signature = ''] = token.split('.')
  const unsigned = `${Buffer.from(JSON.stringify({ alg: 'none', typ: 'rt+jwt', kid })).toString('base64url')}.${payload}.`
  const altered = `${header}.${payload}.${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`

  for (const other of [accessToken, forged, unsigned, altered, 'x', 'a.b.c', '한글'])
    assert.deepEqual(await refusalOf(await service.refresh(other)), [401, 'refresh-token-invalid'])
})

test('a refresh token that has ended is refused', async () => {
  mock.timers.enable({ apis: ['Date'], now: Date.now() })
  const { refreshToken: token } = await service.signIn()
  mock.timers.tick(604_801_000)

  assert.deepEqual(await refusalOf(await service.refresh(token)), [401, 'refresh-token-invalid'])
})

test('a refresh token is no access token', async () => {
  const { refreshToken: token, sub } = await service.signIn()
  const headers = { authorization: `Bearer ${token}`, 'x-user-sub': sub }

  assert.deepEqual(await refusalOf(await fetch(`${service.url}/api/auth/v1/me`, { headers })), [401, 'token-invalid'])
})
