import assert from 'node:assert/strict'
import { after, before, beforeEach, mock, test } from 'node:test'
import { ACCESS_CHANNEL } from '@munjigi/contracts/access'
import { keyRing } from '@munjigi/sealing/fernet'
import { redisStore } from '@munjigi/store/redis'
import { eventually } from '@munjigi/testing/eventually'
import { decodeJwt, decodeProtectedHeader, SignJWT } from 'jose'
import { signingKeys } from '../keys/signing-keys.ts'
import { refusalOf } from '../refusal.fixture.ts'
import { FRONTEND, PLATFORM, type TestBrowser, type TestService, testBrowser, testService } from '../service.fixture.ts'
import { testIdp } from '../sso/idp.fixture.ts'
import { sweepSessions } from './sweep.ts'

const COOKIE = 'munjigi-refresh'
const WINDOW_MS = 10_000
const ROTATION_LEAD_MS = 600_000
const ours = { origin: FRONTEND }

let idp: Awaited<ReturnType<typeof testIdp>>
let service: TestService
let second: string
let people = 0
before(async () => {
  idp = await testIdp()
  service = await testService({ env: idp.env(idp.pemFile) })
  second = await service.start()
})
after(() => service.close())
beforeEach(() => mock.timers.reset())

/** A new person, signed in; a session knows its newest refresh token. */
async function signIn(): Promise<TestBrowser> {
  const browser = testBrowser(service.url)
  const loginid = `person-${++people}`
  const answer = await browser.callback(await idp.answer(await browser.begin(), { sub: loginid, loginid }))
  assert.equal(answer.status, 302)
  return browser
}

const tokenOf = (browser: TestBrowser) => browser.cookies.get(COOKIE) ?? ''

interface Answer {
  access_token: string
  refresh_token: string
  expires_in: number
  token_type: string
}
const refresh = (refresh_token: string, at = service.url) =>
  fetch(`${at}/api/auth/v1/refresh`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ refresh_token }),
  })
const answered = async (response: Response) => {
  assert.equal(response.status, 200)
  return (await response.json()) as Answer
}

test('a refresh token is an rt+jwt of seven days with exactly the claims of the contract, and is replaced at each use', async () => {
  const token = tokenOf(await signIn())
  const { iat, exp, ...claims } = decodeJwt(token)
  const answer = await answered(await refresh(token))

  assert.deepEqual(Object.keys(claims).sort(), ['jti', 'sid', 'sub', 'type'])
  assert.equal(claims.type, 'refresh')
  assert.equal((exp ?? 0) - (iat ?? 0), 604_800)
  const header = decodeProtectedHeader(token)
  assert.deepEqual([header.alg, header.typ], ['HS256', 'rt+jwt'])
  assert.notEqual(answer.refresh_token, token)
  assert.deepEqual([answer.expires_in, answer.token_type], [900, 'Bearer'])
  assert.equal(decodeJwt(answer.access_token).sid, claims.sid)
  assert.equal(decodeJwt(answer.refresh_token).sid, claims.sid)
})

test('twenty parallel uses, at two processes, give one successor', async () => {
  const token = tokenOf(await signIn())
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      // On a slow machine the last in the queue may be told to try again: that is what a client then does.
      eventually(async () => answered(await refresh(token, index % 2 ? second : service.url))),
    ),
  )

  assert.equal(new Set(answers.map(({ refresh_token }) => refresh_token)).size, 1)
  const rows = await service.db
    .selectFrom('refresh_tokens')
    .select('jti')
    .where('sid', '=', decodeJwt(token).sid as string)
    .execute()
  assert.equal(rows.length, 2)
})

test('a lost answer is given again within ten seconds, by a process that started since too', async () => {
  mock.timers.enable({ apis: ['Date'], now: Date.now() })
  const token = tokenOf(await signIn())
  const lost = await answered(await refresh(token))
  mock.timers.tick(WINDOW_MS)
  const again = await answered(await refresh(token, await service.start()))

  assert.equal(again.refresh_token, lost.refresh_token)
})

test('a lost answer is the same also where the key was rotated in between, and the next one is by the new key', async () => {
  mock.timers.enable({ apis: ['Date'], now: Date.now() })
  const token = tokenOf(await signIn())
  const sealing = keyRing(service.sealingKey)
  const keys = signingKeys({ db: service.db, sealing, log: { info() {}, warn() {}, error: assert.fail } as never })
  await keys.rotate()
  keys.close()
  // Ten minutes pass before it signs; the successor is made in the last second of the old key.
  mock.timers.tick(ROTATION_LEAD_MS - 1000)
  const lost = await answered(await refresh(token))
  mock.timers.tick(WINDOW_MS)
  const at = await service.start()
  const again = await answered(await refresh(token, at))
  const next = await answered(await refresh(again.refresh_token, at))

  assert.equal(again.refresh_token, lost.refresh_token)
  const kidOf = (text: string) => decodeProtectedHeader(text).kid
  assert.equal(kidOf(lost.refresh_token), kidOf(token))
  assert.notEqual(kidOf(next.refresh_token), kidOf(token))
})

test('refusals say what source 003 lays down', async () => {
  const detailOf = async (answer: Promise<Response>) => ((await (await answer).json()) as { detail: string }).detail
  const browser = await signIn()
  const token = tokenOf(browser)
  const sub = decodeJwt(token).sub as string
  const set = (status: 'active' | 'disabled') =>
    service.db.updateTable('people').set({ status }).where('sub', '=', sub).execute()
  const headers = { authorization: `Bearer ${token}`, 'x-user-sub': sub }

  assert.equal(await detailOf(refresh('x')), 'Invalid refresh token')
  assert.equal(await detailOf(fetch(`${service.url}/api/auth/v1/me`, { headers })), 'Use access token')
  await set('disabled')
  assert.equal(await detailOf(refresh(token)), 'User inactive')
  await set('active')
  await browser.post('/api/auth/v1/logout', ours)
  assert.equal(await detailOf(refresh(token)), 'Token revoked')
})

test('once the successor was used the old token is refused and the family lives', async () => {
  const token = tokenOf(await signIn())
  const successor = (await answered(await refresh(token))).refresh_token
  const newest = (await answered(await refresh(successor))).refresh_token

  assert.deepEqual(await refusalOf(await refresh(token)), [401, 'refresh-token-used'])
  await answered(await refresh(newest))
})

test('a used token that comes again after ten seconds ends the family, is told and written down', async () => {
  mock.timers.enable({ apis: ['Date'], now: Date.now() })
  const token = tokenOf(await signIn())
  const { sub, sid } = decodeJwt(token)
  const successor = (await answered(await refresh(token))).refresh_token
  mock.timers.tick(WINDOW_MS + 1)
  const messages: string[] = []
  const subscription = await service.store.subscribe(ACCESS_CHANNEL, { message: (text) => void messages.push(text) })

  assert.deepEqual(await refusalOf(await refresh(token)), [401, 'session-ended'])
  assert.deepEqual(await refusalOf(await refresh(successor)), [401, 'session-ended'])
  const events = await service.db
    .selectFrom('audit_events')
    .selectAll()
    .where('target', '=', sub as string)
    .execute()
  const stolen = events.filter(({ action }) => action === 'session.refresh-token-stolen')
  assert.deepEqual(
    stolen.map(({ details }) => details),
    [{ sid }],
  )
  await eventually(() => assert.ok(messages.some((text) => text.includes(PLATFORM) && text.includes(sub as string))))
  await subscription.close()
})

test('an ended family stays ended when the store has forgotten it', async () => {
  const browser = await signIn()
  const token = tokenOf(browser)
  const signedOut = await browser.post('/api/auth/v1/logout', ours)
  assert.equal(signedOut.status, 204)
  assert.equal(browser.cookies.has(COOKIE), false)
  await service.store.remove(`refresh_blacklist:{${decodeJwt(token).sid}}`)

  assert.deepEqual(await refusalOf(await refresh(token)), [401, 'session-ended'])
})

for (const [status, problem] of [
  ['disabled', 'account-disabled'],
  ['rejected', 'account-rejected'],
] as const) {
  test(`a ${status} person cannot refresh`, async () => {
    const token = tokenOf(await signIn())
    await service.db
      .updateTable('people')
      .set({ status })
      .where('sub', '=', decodeJwt(token).sub as string)
      .execute()

    assert.deepEqual(await refusalOf(await refresh(token)), [403, problem])
  })
}

test('a suspended tenant cannot refresh', async () => {
  const token = tokenOf(await signIn())
  const set = (status: 'active' | 'suspended') => service.db.updateTable('tenants').set({ status }).execute()
  await set('suspended')
  const answer = await refresh(token)
  await set('active')

  assert.deepEqual(await refusalOf(answer), [403, 'tenant-suspended'])
})

test('tokens of before valid_from are dead, and who is enabled again signs in anew', async () => {
  const token = tokenOf(await signIn())
  const valid_from = Math.floor(Date.now() / 1000) + 1
  await service.db
    .updateTable('people')
    .set({ valid_from })
    .where('sub', '=', decodeJwt(token).sub as string)
    .execute()

  assert.deepEqual(await refusalOf(await refresh(token)), [401, 'session-ended'])
})

test('a token issued in the second in which rights changed is dated after it', async () => {
  const token = tokenOf(await signIn())
  const rights_changed_at = Math.floor(Date.now() / 1000)
  const sub = decodeJwt(token).sub as string
  await service.db.updateTable('people').set({ rights_changed_at, role: 'USER' }).where('sub', '=', sub).execute()
  const claims = decodeJwt((await answered(await refresh(token))).access_token)

  assert.ok((claims.iat ?? 0) > rights_changed_at)
  assert.equal(claims.role, 'USER')
})

test('what is no refresh token of ours is refused', async () => {
  const token = tokenOf(await signIn())
  const { access_token } = await answered(await refresh(token))
  const claims = decodeJwt(token)
  const { kid } = decodeProtectedHeader(token) as { kid: string }
  const forged = await new SignJWT(claims)
    .setProtectedHeader({ alg: 'HS256', typ: 'rt+jwt', kid })
    .sign(new TextEncoder().encode('x'.repeat(32)))
  const [header, payload, signature = ''] = token.split('.')
  const unsigned = `${Buffer.from(JSON.stringify({ alg: 'none', typ: 'rt+jwt', kid })).toString('base64url')}.${payload}.`
  const altered = `${header}.${payload}.${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`

  for (const other of [access_token, forged, unsigned, altered, 'x', 'a.b.c', '한글'])
    assert.deepEqual(await refusalOf(await refresh(other)), [401, 'refresh-token-invalid'])
})

test('a refresh token that has ended is refused', async () => {
  mock.timers.enable({ apis: ['Date'], now: Date.now() })
  const token = tokenOf(await signIn())
  mock.timers.tick(604_801_000)

  assert.deepEqual(await refusalOf(await refresh(token)), [401, 'refresh-token-invalid'])
})

test('a refresh token is no access token', async () => {
  const token = tokenOf(await signIn())
  const headers = { authorization: `Bearer ${token}`, 'x-user-sub': decodeJwt(token).sub as string }

  assert.deepEqual(await refusalOf(await fetch(`${service.url}/api/auth/v1/me`, { headers })), [401, 'token-invalid'])
})

test('the cookie is read only by POST from our own pages, is replaced, and its token never stands in the body', async () => {
  const browser = await signIn()
  const before = tokenOf(browser)
  for (const headers of [{}, { origin: 'https://evil.example.com' }, { origin: 'null' }])
    assert.deepEqual(await refusalOf(await browser.post('/api/auth/v1/refresh', headers)), [403, 'origin-refused'])
  const answer = await browser.post('/api/auth/v1/refresh', { origin: PLATFORM })

  assert.equal(answer.headers.get('cache-control'), 'no-store')
  assert.deepEqual(Object.keys((await answer.json()) as object).sort(), ['access_token', 'expires_in', 'token_type'])
  assert.notEqual(tokenOf(browser), before)
  const [cookie] = answer.headers.getSetCookie()
  for (const attribute of ['HttpOnly', 'Secure', 'SameSite=Strict', 'Path=/api/auth/'])
    assert.ok(cookie?.includes(attribute), attribute)
})

test('nothing sent is nothing refreshed', async () => {
  const browser = testBrowser(service.url)

  assert.deepEqual(await refusalOf(await browser.post('/api/auth/v1/refresh', ours)), [401, 'refresh-token-missing'])
  assert.deepEqual(await refusalOf(await browser.post('/api/auth/v1/logout', ours)), [401, 'refresh-token-missing'])
})

test('the same routes stand under /api/v1/auth', async () => {
  const answer = await fetch(`${service.url}/api/v1/auth/refresh`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ refresh_token: tokenOf(await signIn()) }),
  })

  assert.equal(answer.status, 200)
})

test('without the store people stay signed in and can sign out for good', async (t) => {
  const gone = redisStore('redis://127.0.0.1:1')
  t.after(gone.close)
  const at = await service.start({ store: gone })
  const { refresh_token } = await answered(await refresh(tokenOf(await signIn()), at))
  const signedOut = await fetch(`${at}/api/auth/v1/logout`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ refresh_token }),
  })

  assert.equal(signedOut.status, 204)
  for (const url of [at, service.url])
    assert.deepEqual(await refusalOf(await refresh(refresh_token, url)), [401, 'session-ended'])
})

test('a session is removed a day after its last token ended, and not before', async () => {
  mock.timers.enable({ apis: ['Date'], now: Date.now() })
  const sid = decodeJwt(tokenOf(await signIn())).sid as string
  const find = () => service.db.selectFrom('sessions').select('sid').where('sid', '=', sid).execute()
  mock.timers.tick(604_800_000)
  await sweepSessions(service.db)
  assert.equal((await find()).length, 1)
  mock.timers.tick(90_000_000)
  await sweepSessions(service.db)

  assert.deepEqual(await find(), [])
})

test('a database dump shows no refresh token', async () => {
  const token = tokenOf(await signIn())
  const rows = await service.db.selectFrom('refresh_tokens').selectAll().execute()
  const sessions = await service.db.selectFrom('sessions').selectAll().execute()

  assert.ok(!JSON.stringify([rows, sessions]).includes(token.split('.')[2] ?? ''))
})
