import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { after, test } from 'node:test'
import { idpBrowser } from '@munjigi/dev-idp/idp-browser'
import { decodeJwt } from 'jose'
import { SEEDED_PASSWORD, testProvider } from './provider.ts'
import { assertRefused, HYBRID, providerRequests, REDIRECT_URI } from './provider-requests.ts'

// Runs on dev-idp and, where MUNJIGI_TEST_KEYCLOAK_URL is set, on Keycloak: what passes here may be relied on.
const provider = await testProvider()
after(() => provider.close())
const { endpoint, authorizationUrl, refresh, redeem } = providerRequests(provider)

test('an offline login has a refresh token without end and leaves no browser session', async () => {
  const browser = idpBrowser()
  const url = authorizationUrl({ scope: 'openid offline_access' })
  const { fields } = await browser.signIn('user.lee', SEEDED_PASSWORD, url)
  const answer = await redeem(fields.code)

  assert.equal(answer.body.refresh_expires_in, 0)
  assert.ok(answer.body.scope.split(' ').includes('offline_access'))
  assert.deepEqual(
    [decodeJwt(answer.body.refresh_token).typ, decodeJwt(answer.body.refresh_token).exp],
    ['Offline', undefined],
  )
  assert.match(String(decodeJwt(answer.body.access_token).jti), /^ofrtac:/)
  const silent = await browser.signIn('', '', authorizationUrl({ prompt: 'none' }))
  assert.equal(silent.fields.error, 'login_required')
})

test('a browser that has signed in is known, until it signs out', async () => {
  const browser = idpBrowser()
  const first = await redeem((await browser.signIn('user.lee', SEEDED_PASSWORD, authorizationUrl({}))).fields.code)
  const second = await redeem((await browser.signIn('', '', authorizationUrl({ prompt: 'none' }))).fields.code)
  const logout = `${endpoint('logout')}?${new URLSearchParams({ id_token_hint: first.body.id_token, post_logout_redirect_uri: 'http://localhost:9060/', state: 'bye' })}`
  const away = await fetch(logout, { redirect: 'manual' })
  const after = await browser.signIn('', '', authorizationUrl({ prompt: 'none' }))

  assert.equal(decodeJwt(second.body.id_token).sid, decodeJwt(first.body.id_token).sid)
  assert.deepEqual([away.status, away.headers.get('location')], [302, 'http://localhost:9060/?state=bye'])
  assert.equal(after.fields.error, 'login_required')
  assertRefused(await refresh(first.body.refresh_token, 'sso'), 400, 'invalid_grant')
})

test('a logout does not send the browser to an address that is not registered', async () => {
  const { id_token } = await provider.tokensOf('user.lee')
  const url = `${endpoint('logout')}?${new URLSearchParams({ id_token_hint: id_token, post_logout_redirect_uri: 'https://evil.example/' })}`
  const answer = await fetch(url, { redirect: 'manual' })

  assert.equal(answer.status, 400)
})

test('a wrong password shows the form again', async () => {
  await assert.rejects(
    provider.signIn('user.lee', 'wrong', authorizationUrl({})),
    /form came again, for an unknown name or another password/,
  )
})

test('the hybrid flow posts a code and an id token bound to it, and the code is worth tokens with roles', async () => {
  const { way, target, fields } = await provider.signIn('meal.choi', SEEDED_PASSWORD, authorizationUrl(HYBRID))
  const front = decodeJwt(fields.id_token ?? '')
  const { body } = await redeem(fields.code)
  const back = decodeJwt(body.id_token)

  assert.deepEqual(
    { way, target, state: fields.state, iss: fields.iss },
    { way: 'form_post', target: REDIRECT_URI, state: 'st', iss: provider.issuer },
  )
  const half = (text: string) => createHash('sha256').update(text).digest().subarray(0, 16).toString('base64url')
  assert.deepEqual(
    {
      nonce: front.nonce,
      c_hash: front.c_hash,
      s_hash: front.s_hash,
      at_hash: front.at_hash,
      aud: front.aud,
      typ: front.typ,
      sid: front.sid,
    },
    {
      nonce: 'n-1',
      c_hash: half(fields.code ?? ''),
      s_hash: half('st'),
      at_hash: undefined,
      aud: 'sso',
      typ: 'ID',
      sid: fields.session_state,
    },
  )
  assert.deepEqual(
    {
      loginid: front.loginid,
      mail: front.mail,
      username: front.username,
      username_en: front.username_en,
      deptname: front.deptname,
      deptname_en: front.deptname_en,
    },
    {
      loginid: 'meal.choi',
      mail: 'meal.choi@example.com',
      username: '최다온',
      username_en: 'Daon Choi',
      deptname: '급식운영팀',
      deptname_en: 'Cafeteria Operations',
    },
  )
  assert.deepEqual(
    [back.sub, back.nonce, back.at_hash, back.c_hash],
    [front.sub, 'n-1', half(body.access_token), undefined],
  )
  assert.ok(Number.isInteger(front.auth_time))
  assert.deepEqual((decodeJwt(body.access_token).resource_access as Record<string, unknown>)['meal-service'], {
    roles: ['meal_admin'],
  })
})

test('a hybrid request without a nonce comes back with an error', async () => {
  const { fields } = await idpBrowser().signIn('', '', authorizationUrl({ ...HYBRID, nonce: undefined }))

  assert.deepEqual([fields.error, fields.state, fields.iss], ['invalid_request', 'st', provider.issuer])
})

test('a scope the client may not have is refused before anybody signs in', async () => {
  const { fields } = await idpBrowser().signIn('', '', authorizationUrl({ scope: 'openid nonsense' }))

  assert.deepEqual([fields.error, fields.state], ['invalid_scope', 'st'])
})

test('any port of localhost may be returned to, and nothing that only looks like it', async () => {
  const statusOf = async (redirect_uri: string) => {
    const answer = await fetch(authorizationUrl({ redirect_uri }), { redirect: 'manual' })
    return answer.status < 400 ? 'shown' : [answer.status, answer.headers.get('location')]
  }

  for (const address of ['http://localhost:4711/callback', 'https://localhost:9051/api/auth/callback/'])
    assert.deepEqual([address, await statusOf(address)], [address, 'shown'])
  for (const address of [
    'https://evil.example/',
    'http://localhost:7777@evil.example/',
    'https://localhost:7777@evil.example/',
    'http://localhost.evil.example/',
    'http://127.0.0.1/',
    'http://localhost/../x',
  ])
    assert.deepEqual([address, await statusOf(address)], [address, [400, null]])
})

test('an unknown client is shown a page and sent nowhere', async () => {
  const answer = await fetch(authorizationUrl({ client_id: 'nobody' }), { redirect: 'manual' })

  assert.deepEqual([answer.status, answer.headers.get('location')], [400, null])
})

test('a client that demands PKCE gets it', async () => {
  const { fields } = await idpBrowser().signIn('', '', authorizationUrl({ client_id: 'kakao-bot' }))

  assert.equal(fields.error, 'invalid_request')
})

test('a code works once, at its address, with its verifier', async () => {
  const verifier = randomBytes(32).toString('base64url')
  const challenge = {
    code_challenge_method: 'S256',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
  }
  const newCode = async () =>
    (await provider.signIn('user.lee', SEEDED_PASSWORD, authorizationUrl(challenge))).fields.code

  assertRefused(await redeem(await newCode(), { code_verifier: 'short' }), 400, 'invalid_grant')
  assertRefused(
    await redeem(await newCode(), { code_verifier: randomBytes(32).toString('base64url') }),
    400,
    'invalid_grant',
  )
  assertRefused(await redeem(await newCode()), 400, 'invalid_grant')
  assertRefused(
    await redeem(await newCode(), { code_verifier: verifier, redirect_uri: 'http://localhost:1/x' }),
    400,
    'invalid_grant',
  )
  const code = await newCode()
  const first = await redeem(code, { code_verifier: verifier })
  assert.equal(first.status, 200)
  assertRefused(await redeem(code, { code_verifier: verifier }), 400, 'invalid_grant', 'Code not valid')
  assertRefused(await refresh(first.body.refresh_token, 'sso'), 400, 'invalid_grant')
})
