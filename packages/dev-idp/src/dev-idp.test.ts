import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, statSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import { type DevIdp, startDevIdp } from './dev-idp.ts'
import { idpBrowser } from './idp-browser.ts'

const realmFile = fileURLToPath(new URL('../../../infra/keycloak/munjigi-realm.json', import.meta.url))
const REDIRECT_URI = 'http://localhost:4711/callback'

let idp: DevIdp
before(async () => {
  idp = await startDevIdp({ realmFile, port: 0 })
})
after(() => idp.close())

const authorizationUrl = (at: DevIdp, more: Record<string, string> = {}) =>
  `${at.issuer}/protocol/openid-connect/auth?${new URLSearchParams({ client_id: 'sso', response_type: 'code', redirect_uri: REDIRECT_URI, scope: 'openid', ...more })}`

async function token(at: DevIdp, form: Record<string, string>) {
  const body = new URLSearchParams({ client_id: 'sso', client_secret: 'dev-sso-secret', ...form })
  const response = await fetch(`${at.issuer}/protocol/openid-connect/token`, { method: 'POST', body })
  return { status: response.status, body: (await response.json()) as Record<string, string> }
}

async function signIn(at: DevIdp, browser = idpBrowser(), more: Record<string, string> = {}, username = 'user.lee') {
  const { fields } = await browser.signIn(username, 'munjigi-dev', authorizationUrl(at, more))
  return (await token(at, { grant_type: 'authorization_code', code: fields.code ?? '', redirect_uri: REDIRECT_URI }))
    .body
}

const refresh = (at: DevIdp, refresh_token = '') => token(at, { grant_type: 'refresh_token', refresh_token })

test('keys, browser sessions and logins live on when the directory does', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'dev-idp-'))
  const first = await startDevIdp({ realmFile, port: 0, directory })
  const browser = idpBrowser()
  const tokens = await signIn(first, browser)
  const offline = await signIn(first, idpBrowser(), { scope: 'openid offline_access' })
  const port = Number(new URL(first.url).port)
  await first.close()
  const second = await startDevIdp({ realmFile, port, directory })
  const silent = await signIn(second, browser, { prompt: 'none' })
  const refreshed = [await refresh(second, tokens.refresh_token), await refresh(second, offline.refresh_token)]
  await second.close()

  assert.deepEqual(
    refreshed.map(({ status }) => status),
    [200, 200],
  )
  assert.equal(decodeJwt(silent.id_token ?? '').sid, decodeJwt(tokens.id_token ?? '').sid)
  assert.equal(decodeProtectedHeader(silent.id_token ?? '').kid, decodeProtectedHeader(tokens.id_token ?? '').kid)
  for (const file of readdirSync(directory)) assert.equal(statSync(join(directory, file)).mode & 0o077, 0)
})

test('an offline token is refused at another address of the same realm, in words that say so', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'dev-idp-'))
  const first = await startDevIdp({ realmFile, port: 0, directory })
  const { refresh_token } = await signIn(first, idpBrowser(), { scope: 'openid offline_access' })
  const second = await startDevIdp({ realmFile, port: 0, directory })
  const answer = await refresh(second, refresh_token)
  await first.close()
  await second.close()

  assert.deepEqual(answer, {
    status: 400,
    body: { error: 'invalid_grant', error_description: `Invalid token issuer. Expected '${second.issuer}'` },
  })
})

test('a new directory is a new realm: nothing of another one is good', async () => {
  const tokens = await signIn(idp)
  const other = await startDevIdp({ realmFile, port: 0, directory: mkdtempSync(join(tmpdir(), 'dev-idp-')) })
  const answer = await refresh(other, tokens.refresh_token)
  await other.close()

  assert.deepEqual([answer.status, answer.body.error], [400, 'invalid_grant'])
})

test('of parallel uses of one refresh token exactly two succeed', async () => {
  const { refresh_token } = await signIn(idp)
  const answers = await Promise.all(Array.from({ length: 5 }, () => refresh(idp, refresh_token)))

  assert.equal(answers.filter(({ status }) => status === 200).length, 2)
})

test('of parallel uses of one code exactly one succeeds', async () => {
  const { fields } = await idpBrowser().signIn('user.lee', 'munjigi-dev', authorizationUrl(idp))
  const redeem = () =>
    token(idp, { grant_type: 'authorization_code', code: fields.code ?? '', redirect_uri: REDIRECT_URI })
  const answers = await Promise.all([redeem(), redeem(), redeem()])

  assert.equal(answers.filter(({ status }) => status === 200).length, 1)
})

test('another person may sign in where one is signed in already', async () => {
  const browser = idpBrowser()
  const lee = await signIn(idp, browser)
  const park = await signIn(idp, browser, { prompt: 'login' }, 'admin.park')

  assert.equal(decodeJwt(park.access_token ?? '').preferred_username, 'admin.park')
  assert.notEqual(decodeJwt(park.access_token ?? '').sid, decodeJwt(lee.access_token ?? '').sid)
})

test('somebody disabled loses the browser session', async () => {
  await idp.addUser({ username: 'leaver', password: 'munjigi-dev' })
  const browser = idpBrowser()
  await signIn(idp, browser, {}, 'leaver')
  await idp.disableUser('leaver')
  const { fields } = await browser.signIn('', '', authorizationUrl(idp, { prompt: 'none' }))

  assert.equal(fields.error, 'login_required')
})

test('the login form speaks Korean unless the browser asks for English, and cannot be framed', async () => {
  const pageFor = async (language: string) => {
    const start = await fetch(authorizationUrl(idp), { redirect: 'manual' })
    const cookie = start.headers
      .getSetCookie()
      .map((line) => line.split(';', 1)[0])
      .join('; ')
    return fetch(start.headers.get('location') ?? '', { headers: { cookie, 'accept-language': language } })
  }
  const korean = await pageFor('fr')
  const text = await korean.text()

  assert.match(text, /<html lang="ko">/)
  assert.match(await (await pageFor('en-GB,en;q=0.9')).text(), /<html lang="en">/)
  for (const name of ['id="kc-form-login"', 'name="username"', 'name="password"', 'name="credentialId"'])
    assert.ok(text.includes(name))
  assert.match(korean.headers.get('content-security-policy') ?? '', /frame-ancestors 'none'/)
})

test('what was typed comes back as text, not as markup', async () => {
  const start = await fetch(authorizationUrl(idp), { redirect: 'manual' })
  const cookie = start.headers
    .getSetCookie()
    .map((line) => line.split(';', 1)[0])
    .join('; ')
  const body = new URLSearchParams({ username: '"><script>x</script>', password: 'x' })
  const answer = await fetch(start.headers.get('location') ?? '', { method: 'POST', headers: { cookie }, body })

  assert.equal(answer.status, 200)
  assert.ok(!(await answer.text()).includes('<script>'))
})

test('a login form of another browser, or of none, is refused', async () => {
  const url = `${idp.issuer}/login-actions/authenticate?execution=x`

  for (const method of ['GET', 'POST']) assert.equal((await fetch(url, { method })).status, 400)
})

test('without an id token a sign-out asks first, and only its own page can answer', async () => {
  const browser = idpBrowser()
  await signIn(idp, browser)
  const parameters = { client_id: 'sso', post_logout_redirect_uri: 'http://localhost:9060/' }
  const url = `${idp.issuer}/protocol/openid-connect/logout?${new URLSearchParams(parameters)}`
  const isKnown = async () =>
    (await browser.signIn('', '', authorizationUrl(idp, { prompt: 'none' }))).fields.code !== undefined

  const forged = await browser.open(url, { confirmed: 'guess' })
  assert.deepEqual([forged.status, await isKnown()], [200, true])
  const page = await (await browser.open(url)).text()
  const confirmed = /name="confirmed" value="([^"]+)"/.exec(page)?.[1] ?? ''
  const answer = await browser.open(url, { confirmed })
  assert.deepEqual([answer.status, answer.headers.get('location')], [302, 'http://localhost:9060/'])
  assert.equal(await isKnown(), false)
})

test('a browser without a session is sent on from a sign-out at once', async () => {
  const parameters = { client_id: 'sso', post_logout_redirect_uri: 'http://localhost:9060/' }
  const url = `${idp.issuer}/protocol/openid-connect/logout?${new URLSearchParams(parameters)}`

  assert.equal((await idpBrowser().open(url)).status, 302)
})

test('too large a form is refused', async () => {
  const answer = await token(idp, { grant_type: 'refresh_token', refresh_token: 'x'.repeat(70_000) })

  assert.deepEqual([answer.status, answer.body.error], [413, 'invalid_request'])
})

test('a parameter given twice is refused', async () => {
  const body = 'grant_type=refresh_token&client_id=sso&client_secret=dev-sso-secret&refresh_token=a&refresh_token=b'
  const response = await fetch(`${idp.issuer}/protocol/openid-connect/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body,
  })

  assert.equal(((await response.json()) as { error: string }).error, 'invalid_request')
})

test('whatever Host a request names, tokens name the one issuer', async () => {
  const body = 'grant_type=client_credentials&client_id=notice-service&client_secret=dev-notice-service-secret'
  const answer = await new Promise<string>((resolve, reject) => {
    const url = new URL(`${idp.issuer}/protocol/openid-connect/token`)
    const options = {
      method: 'POST',
      host: '127.0.0.1',
      port: url.port,
      path: url.pathname,
      headers: { host: 'evil.example' },
    }
    request(options, async (response) => resolve((await response.toArray()).join('')))
      .once('error', reject)
      .end(body)
  })

  assert.equal(decodeJwt(JSON.parse(answer).access_token).iss, idp.issuer)
})

test('a path that is not served is 404', async () => {
  for (const path of [
    '/',
    '/realms/other/protocol/openid-connect/certs',
    '/realms/munjigi/toString',
    '/realms/munjigi/protocol/openid-connect/reg',
  ])
    assert.equal((await fetch(idp.url + path)).status, 404)
})

test('a port that is taken is an error of the start', async () => {
  await assert.rejects(startDevIdp({ realmFile, port: Number(new URL(idp.url).port) }), { code: 'EADDRINUSE' })
})
