import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { after, before, test } from 'node:test'
import { redisStore } from '@munjigi/store/redis'
import { decodeJwt } from 'jose'
import { refusalOf } from '../refusal.fixture.ts'
import { FRONTEND, type TestService, testBrowser, testService } from '../service.fixture.ts'
import { testIdp } from './idp.fixture.ts'

const ours = { origin: FRONTEND }
const json = { accept: 'application/json' }

let idp: Awaited<ReturnType<typeof testIdp>>
let service: TestService
let people = 0
before(async () => {
  idp = await testIdp()
  service = await testService({ env: { ...idp.env(idp.pemFile), SSO_TOKEN_DELIVERY: 'code' } })
})
after(() => service.close())

async function signIn(at = service.url) {
  const browser = testBrowser(at)
  const loginid = `person-${++people}`
  const answer = await browser.callback(await idp.answer(await browser.begin(), { sub: loginid, loginid }))
  const target = new URL(answer.headers.get('location') ?? '')
  return { browser, answer, target, code: target.searchParams.get('code') ?? '' }
}
const exchange = (browser: ReturnType<typeof testBrowser>, code: string, headers: Record<string, string> = ours) =>
  browser.post('/api/auth/v1/exchange', headers, { code })

test('delivery by code brings a code to the front end, good once, in the browser that signed in', async () => {
  const { browser, target, code } = await signIn()
  assert.equal(target.origin, FRONTEND)
  assert.deepEqual([...target.searchParams.keys()], ['code'])
  const answer = await exchange(browser, code)
  const { access_token, ...rest } = (await answer.json()) as { access_token: string }

  assert.equal(answer.headers.get('cache-control'), 'no-store')
  assert.deepEqual(rest, { token_type: 'Bearer', expires_in: 900 })
  assert.equal(decodeJwt(access_token).role, 'PENDING')
  assert.deepEqual(await refusalOf(await exchange(browser, code)), [401, 'unknown-code'])
})

test('who was disabled between signing in and the exchange is told so', async () => {
  const { browser, code } = await signIn()
  await service.db
    .updateTable('people')
    .set({ status: 'disabled', valid_from: Math.floor(Date.now() / 1000) + 1 })
    .where('user_id', '=', `person-${people}`)
    .execute()

  assert.deepEqual(await refusalOf(await exchange(browser, code)), [403, 'account-disabled'])
})

test('a code is worth nothing in another browser, signed in or not', async () => {
  const [attacker, victim] = [await signIn(), await signIn()]
  assert.deepEqual(await refusalOf(await exchange(victim.browser, attacker.code)), [401, 'unknown-code'])
  const third = await signIn()
  assert.deepEqual(await refusalOf(await exchange(testBrowser(service.url), third.code)), [401, 'unknown-code'])

  assert.deepEqual(await refusalOf(await exchange(attacker.browser, 'x'.repeat(43))), [401, 'unknown-code'])
  const foreign = await exchange(attacker.browser, attacker.code, { origin: 'https://evil.example.com' })
  assert.deepEqual(await refusalOf(foreign), [403, 'origin-refused'])
})

test('both spellings of each address work', async () => {
  for (const path of ['/api/auth/login', '/api/auth/login/'])
    assert.equal((await testBrowser(service.url).get(path)).status, 302)
  for (const path of ['/api/auth/logout', '/api/auth/logout/'])
    assert.equal((await testBrowser(service.url).get(path)).status, 200)
  for (const path of ['/api/auth/callback', '/api/auth/callback/'])
    assert.deepEqual(await refusalOf(await testBrowser(service.url).get(path, json)), [400, 'sso-login-expired'])
})

test('nothing of a request changes where the browser is sent', async () => {
  const evil = 'https://evil.example.com'
  const query = new URLSearchParams({ redirect_uri: evil, next: evil, return_to: '//evil', target_link_uri: evil })
  const headers = { 'x-forwarded-host': 'evil.example.com', 'x-forwarded-proto': 'https', forwarded: 'host=evil' }
  for (const path of ['login', 'logout']) {
    const answer = await testBrowser(service.url).get(`/api/auth/${path}/?${query}`, headers)
    assert.ok(!`${answer.headers.get('location')}${await answer.text()}`.includes('evil'))
  }
})

test('the login cookie reaches a form_post of another site, is for us alone, and lives ten minutes', async () => {
  const answer = await testBrowser(service.url).get('/api/auth/login/')
  const [cookie = ''] = answer.headers.getSetCookie()

  assert.match(cookie, /^munjigi-login=[\w-]{43}; /)
  for (const attribute of ['Max-Age=600', 'Path=/', 'HttpOnly', 'Secure', 'SameSite=None'])
    assert.ok(cookie.includes(attribute), attribute)
  assert.ok(!cookie.includes('Domain'))
})

test('where all is https the cookies have their prefixes', async () => {
  const secure = await service.start({
    env: {
      FRONTEND_BASE_URL: 'https://app.example.com',
      SP_REDIRECT_URL: 'https://app.example.com:9050/api/auth/callback/',
    },
  })
  const { browser } = await signIn(secure)

  assert.deepEqual([...browser.cookies.keys()].sort(), ['__Host-munjigi-login', '__Secure-munjigi-refresh'])
})

test("a failure is a page in the reader's language that says what to do, and neither cached nor scripted nor framed", async () => {
  const browser = testBrowser(service.url)
  const languages: [string | undefined, string, RegExp][] = [
    [undefined, 'ko', /다시 로그인/],
    ['en-US,en;q=0.9,ko;q=0.8', 'en', /Sign in again/],
    ['fr, ko;q=0.5, en;q=0.4', 'ko', /다시 로그인/],
    ['ko;q=0, en', 'en', /Sign in again/],
  ]
  for (const [header, language, text] of languages) {
    const answer = await browser.get('/api/auth/callback/', header === undefined ? {} : { 'accept-language': header })
    const page = await answer.text()
    assert.equal(answer.status, 400)
    assert.match(page, text)
    assert.ok(page.includes(`<html lang="${language}">`) && page.includes('href="http://localhost/api/auth/login/"'))
    assert.ok(page.includes(answer.headers.get('x-request-id') ?? ''))
    assert.equal(answer.headers.get('cache-control'), 'no-store')
    const policy = answer.headers.get('content-security-policy') ?? ''
    for (const rule of ["default-src 'none'", "frame-ancestors 'none'", "form-action 'none'", "base-uri 'none'"])
      assert.ok(policy.includes(rule), rule)
    assert.ok(!policy.includes('unsafe') && !page.includes('<script'))
  }
})

test("the IdP's error becomes a page, and its words are not repeated", async () => {
  const outcomes: [string, [number, string]][] = [
    ['access_denied', [403, 'sso-refused']],
    ['login_required', [403, 'sso-refused']],
    ['temporarily_unavailable', [503, 'sso-unavailable']],
    ['invalid_scope', [502, 'sso-provider-error']],
    ['<script>alert(1)</script>', [502, 'sso-provider-error']],
  ]
  for (const [error, expected] of outcomes) {
    const browser = testBrowser(service.url)
    const state = (await browser.begin()).searchParams.get('state') ?? ''
    const fields = { state, error, error_description: 'evil words' }
    const page = await browser.callback(fields)
    assert.equal(page.status, expected[0])
    assert.ok(!/evil words|alert/.test(await page.text()))

    const state2 = (await browser.begin()).searchParams.get('state') ?? ''
    assert.deepEqual(await refusalOf(await browser.callback({ ...fields, state: state2 }, json)), expected)
  }
})

test('a call-back that is no answer to a login is refused, and never a fault of ours', async () => {
  const browser = testBrowser(service.url)
  const honest = await idp.answer(await browser.begin())
  const bad: Record<string, string>[] = [
    {},
    { ...honest, state: '' },
    { ...honest, state: 'x'.repeat(43) },
    { ...honest, state: '../../etc' },
    { ...honest, state: 'x'.repeat(2000) },
    { state: honest.state },
  ]
  for (const fields of bad) assert.equal((await browser.callback(fields)).status, 400)

  const twice = await browser.callback({}, { 'content-type': 'application/json' })
  assert.equal(twice.status, 400)
  const plain = await browser.callback(honest, { 'content-type': 'text/plain' })
  assert.equal(plain.status, 415)
  assert.match(await plain.text(), /로그인하지 못했습니다/)
})

test('a call-back larger than 64 KB, or with a field twice, is refused', async () => {
  const browser = testBrowser(service.url)
  const honest = await idp.answer(await browser.begin())
  assert.equal((await browser.callback({ ...honest, extra: 'x'.repeat(70_000) })).status, 413)

  const body = `state=a&state=b&code=c&id_token=d`
  const answer = await raw(
    `POST /api/auth/callback/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  )
  assert.match(answer, /^HTTP\/1.1 400 /)
})

function raw(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(service.url).port), '127.0.0.1', () => socket.end(text))
    let answer = ''
    socket.on('data', (chunk) => {
      answer += chunk
    })
    socket.on('end', () => resolve(answer))
    socket.on('error', reject)
  })
}

test("sign-out without the IdP's page ends the session and says so in the words of source 000", async () => {
  const { browser } = await signIn()
  const token = browser.cookies.get('munjigi-refresh') ?? ''
  const answer = await browser.get('/api/auth/logout/')

  assert.deepEqual(await answer.json(), {
    message: 'Local logout successful, IdP signout URL not configured.',
  })
  assert.ok(!browser.cookies.has('munjigi-refresh'))
  browser.cookies.set('munjigi-refresh', token)
  assert.deepEqual(await refusalOf(await browser.post('/api/auth/v1/refresh', ours)), [401, 'session-ended'])
})

// A link on any page leads here, without the cookie for SameSite=Strict: clearing it then would sign the reader out.
test('sign-out that brings no cookie takes none away', async () => {
  const answer = await testBrowser(service.url).get('/api/auth/logout/')

  assert.deepEqual(answer.headers.getSetCookie(), [])
})

test('sign-out goes on to IDP_SIGNOUT_URL, with a session or without', async () => {
  const other = await service.start({ env: { IDP_SIGNOUT_URL: 'https://sso.example.com/bye' } })
  const { browser } = await signIn(other)
  const answers = [await browser.get('/api/auth/logout/'), await testBrowser(other).get('/api/auth/logout/')]

  for (const answer of answers)
    assert.deepEqual([answer.status, answer.headers.get('location')], [302, 'https://sso.example.com/bye'])
})

test('a store that is gone is a page that says so, and no login', async (t) => {
  const gone = redisStore('redis://127.0.0.1:1')
  t.after(gone.close)
  const browser = testBrowser(await service.start({ store: gone }))
  const page = await browser.get('/api/auth/login/')

  assert.equal(page.status, 503)
  assert.match(await page.text(), /잠시 뒤/)
  assert.deepEqual(await refusalOf(await browser.get('/api/auth/login/', json)), [503, 'unavailable'])
})
