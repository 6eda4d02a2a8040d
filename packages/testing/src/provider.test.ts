import assert from 'node:assert/strict'
import { createHash, randomBytes, randomUUID, verify, X509Certificate } from 'node:crypto'
import { after, before, test } from 'node:test'
import { idpBrowser } from '@munjigi/dev-idp/idp-browser'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import { type Provider, SEEDED_PASSWORD, type TokenAnswer, testProvider } from './provider.ts'

// One suite for dev-idp and, where MUNJIGI_TEST_KEYCLOAK_URL is set, for Keycloak: what passes here is what may be relied on.
const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token'
const REDIRECT_URI = 'http://localhost:4711/callback'

let provider: Provider
before(async () => {
  provider = await testProvider()
})
after(() => provider.close())

const endpoint = (name: string) => `${provider.issuer}/protocol/openid-connect/${name}`

const authorizationUrl = (parameters: Record<string, string | undefined>) => {
  const defaults = { client_id: 'sso', response_type: 'code', redirect_uri: REDIRECT_URI, scope: 'openid', state: 'st' }
  const given = Object.entries({ ...defaults, ...parameters }).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  )
  return `${endpoint('auth')}?${new URLSearchParams(given)}`
}

const hybrid = { response_type: 'code id_token', response_mode: 'form_post', nonce: 'n-1' }

async function post(name: string, form: Record<string, string> | URLSearchParams, client = 'kakao-bot') {
  const { id, secret } = provider.clients[client as 'sso']
  const body = new URLSearchParams(form)
  if (!body.has('client_id')) body.set('client_id', id)
  if (!body.has('client_secret')) body.set('client_secret', secret)
  const response = await fetch(endpoint(name), { method: 'POST', body, redirect: 'manual' })
  const text = await response.text()
  return { status: response.status, body: text.startsWith('{') ? JSON.parse(text) : text }
}

const refresh = (refresh_token: string, client?: string) =>
  post('token', { grant_type: 'refresh_token', refresh_token }, client)

const exchange = (subject_token: string, more: Record<string, string> = {}, client?: string) =>
  post('token', { grant_type: EXCHANGE, subject_token, subject_token_type: ACCESS_TOKEN, ...more }, client)

const redeem = (code: string | undefined, more: Record<string, string> = {}) =>
  post('token', { grant_type: 'authorization_code', code: code ?? '', redirect_uri: REDIRECT_URI, ...more }, 'sso')

const userinfo = (token: string) => fetch(endpoint('userinfo'), { headers: { authorization: `Bearer ${token}` } })

async function newPerson() {
  const username = `person-${randomUUID()}`
  const sub = await provider.addUser({ username, password: 'pw' })
  const signIn = (scope = 'openid') => provider.tokensOf(username, { password: 'pw', scope })
  return { username, sub, signIn }
}

function assertRefused(
  answer: { status: number; body: { error?: string; error_description?: string } },
  status: number,
  error: string,
  description?: string,
) {
  assert.deepEqual({ status: answer.status, error: answer.body.error }, { status, error })
  if (description !== undefined) assert.equal(answer.body.error_description, description)
}

const signingKey = async (token: string) => {
  const { keys } = (await (await fetch(endpoint('certs'))).json()) as {
    keys: { kid: string; use: string; alg: string; x5c: string[] }[]
  }
  return { keys, key: keys.find((key) => key.kid === decodeProtectedHeader(token).kid) }
}

test('discovery names the issuer and the endpoints below it', async () => {
  const document = (await (await fetch(`${provider.issuer}/.well-known/openid-configuration`)).json()) as Record<
    string,
    string
  >

  assert.equal(document.issuer, provider.issuer)
  const names = {
    authorization: 'auth',
    token: 'token',
    introspection: 'token/introspect',
    userinfo: 'userinfo',
    end_session: 'logout',
    revocation: 'revoke',
  }
  for (const [name, path] of Object.entries(names)) assert.equal(document[`${name}_endpoint`], endpoint(path))
  assert.equal(document.jwks_uri, endpoint('certs'))
})

test('the key set has an encryption key, and the certificate of the signing key verifies a token', async () => {
  const token = await provider.clientToken('notice-service')
  const { keys, key } = await signingKey(token)

  assert.ok(keys.some(({ use, alg }) => use === 'enc' && alg === 'RSA-OAEP'))
  assert.deepEqual({ use: key?.use, alg: key?.alg }, { use: 'sig', alg: 'RS256' })
  const [header, payload, signature] = token.split('.')
  const { publicKey } = new X509Certificate(Buffer.from(key?.x5c[0] ?? '', 'base64'))
  assert.ok(verify('sha256', Buffer.from(`${header}.${payload}`), publicKey, Buffer.from(signature ?? '', 'base64url')))
})

test('an access token says who, for whom and what', async () => {
  const answer = await provider.tokensOf('meal.choi', { scope: 'openid profile email' })
  const claims = decodeJwt(answer.access_token)

  assert.deepEqual(
    {
      typ: claims.typ,
      azp: claims.azp,
      iss: claims.iss,
      sid: claims.sid,
      name: claims.preferred_username,
      mail: claims.email,
    },
    {
      typ: 'Bearer',
      azp: 'kakao-bot',
      iss: provider.issuer,
      sid: answer.session_state,
      name: 'meal.choi',
      mail: 'meal.choi@example.com',
    },
  )
  assert.match(String(claims.jti), /^onrtac:/)
  assert.match(String(claims.sid), /^[\w-]{24}$/)
  assert.deepEqual(new Set(claims.aud), new Set(['account', 'meal-service']))
  assert.deepEqual(claims.resource_access, {
    account: { roles: ['manage-account', 'manage-account-links', 'view-profile'] },
    'meal-service': { roles: ['meal_admin'] },
  })
  assert.deepEqual(
    new Set((claims.realm_access as { roles: string[] }).roles),
    new Set(['default-roles-munjigi', 'offline_access', 'uma_authorization']),
  )
  assert.equal(Number(claims.exp) - Number(claims.iat), 300)
})

test('a realm role is in the token of who has it', async () => {
  const { access_token } = await provider.tokensOf('global.jung')

  assert.ok((decodeJwt(access_token).realm_access as { roles: string[] }).roles.includes('global_admin'))
})

test('only the claim typ tells the three tokens apart', async () => {
  const { access_token, id_token, refresh_token } = await provider.tokensOf('user.lee')

  for (const [token, typ] of [
    [access_token, 'Bearer'],
    [id_token, 'ID'],
    [refresh_token, 'Refresh'],
  ] as const)
    assert.deepEqual([decodeProtectedHeader(token).typ, decodeJwt(token).typ], ['JWT', typ])
})

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
  await assert.rejects(provider.signIn('user.lee', 'wrong', authorizationUrl({})), /form came again/)
})

test('the hybrid flow posts a code and an id token bound to it, and the code is worth tokens with roles', async () => {
  const { way, target, fields } = await provider.signIn('meal.choi', SEEDED_PASSWORD, authorizationUrl(hybrid))
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
  const { fields } = await idpBrowser().signIn('', '', authorizationUrl({ ...hybrid, nonce: undefined }))

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

test('a refresh token works twice; the third use ends the login', async () => {
  for (const scope of ['openid', 'openid offline_access']) {
    const tokens = await provider.tokensOf('user.lee', { scope })
    const first = await refresh(tokens.refresh_token)
    const second = await refresh(tokens.refresh_token)

    assert.deepEqual([first.status, second.status], [200, 200])
    assert.notEqual(first.body.refresh_token, second.body.refresh_token)
    assert.equal(decodeJwt(second.body.access_token).sid, tokens.session_state)
    assertRefused(
      await refresh(tokens.refresh_token),
      400,
      'invalid_grant',
      'Maximum allowed refresh token reuse exceeded',
    )
    assertRefused(
      await refresh(second.body.refresh_token),
      400,
      'invalid_grant',
      "Session doesn't have required client",
    )
    assert.equal((await userinfo(second.body.access_token)).status, 401)
  }
})

test('the end of one login leaves others of the person alone', async () => {
  const other = await provider.tokensOf('user.lee', { scope: 'openid offline_access' })
  const ended = await provider.tokensOf('user.lee', { scope: 'openid offline_access' })
  await post('revoke', { token: ended.refresh_token })

  assertRefused(await refresh(ended.refresh_token), 400, 'invalid_grant', 'Offline user session not found')
  assert.equal((await refresh(other.refresh_token)).status, 200)
})

test('what is no refresh token of this client is refused in its own words', async () => {
  const { refresh_token, access_token } = await provider.tokensOf('user.lee')
  const grant = { grant_type: 'refresh_token', refresh_token }

  assertRefused(await refresh('garbage'), 400, 'invalid_grant', 'Invalid refresh token')
  assertRefused(await refresh(access_token), 400, 'invalid_grant', 'Invalid refresh token')
  assertRefused(await post('token', { grant_type: 'refresh_token' }), 400, 'invalid_request', 'No refresh token')
  assertRefused(
    await refresh(refresh_token, 'sso'),
    400,
    'invalid_grant',
    "Invalid refresh token. Token client and authorized client don't match",
  )
  const credentials = 'Invalid client or Invalid client credentials'
  assertRefused(await post('token', { ...grant, client_secret: 'wrong' }), 401, 'unauthorized_client', credentials)
  assertRefused(await post('token', { ...grant, client_id: 'nobody' }), 401, 'invalid_client', credentials)
  assertRefused(await post('token', { ...grant, grant_type: 'nonsense' }), 400, 'unsupported_grant_type')
})

test('a client may prove itself by HTTP Basic', async () => {
  const { id, secret } = provider.clients['notice-service']
  const response = await fetch(endpoint('token'), {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}` },
    body: new URLSearchParams({ grant_type: 'client_credentials' }),
  })

  assert.equal(response.status, 200)
})

test('a disabled person is refused, and goes on with the same token once enabled again', async () => {
  const person = await newPerson()
  const { refresh_token, access_token } = await person.signIn('openid offline_access')
  await provider.disableUser(person.username)
  const refused = await refresh(refresh_token)
  const info = await userinfo(access_token)
  await assert.rejects(person.signIn())
  await provider.enableUser(person.username)

  assertRefused(refused, 400, 'invalid_grant', 'User disabled')
  assert.equal(info.status, 401)
  assert.equal((await refresh(refresh_token)).status, 200)
})

test('a deleted person is gone, and a namesake is somebody else', async () => {
  const person = await newPerson()
  const { refresh_token } = await person.signIn('openid offline_access')
  await provider.deleteUser(person.username)
  const refused = await refresh(refresh_token)
  const sub = await provider.addUser({ username: person.username, password: 'pw' })

  assertRefused(refused, 400, 'invalid_grant')
  assert.notEqual(sub, person.sub)
  assert.equal(decodeJwt((await person.signIn()).access_token).sub, sub)
})

test('ended sessions refresh no more', async () => {
  const person = await newPerson()
  const { refresh_token } = await person.signIn()
  await provider.endSessions(person.username)

  assertRefused(await refresh(refresh_token), 400, 'invalid_grant')
})

test('roles given to somebody are in their next token', async () => {
  const username = `person-${randomUUID()}`
  await provider.addUser({
    username,
    password: 'pw',
    realmRoles: ['global_admin'],
    clientRoles: { 'meal-service': ['meal_admin'] },
    attributes: { username_kr: ['김새롬'] },
  })
  const { fields } = await provider.signIn(username, 'pw', authorizationUrl(hybrid))
  const claims = decodeJwt((await redeem(fields.code)).body.access_token)

  assert.ok((claims.realm_access as { roles: string[] }).roles.includes('global_admin'))
  assert.deepEqual((claims.resource_access as Record<string, unknown>)['meal-service'], { roles: ['meal_admin'] })
  assert.equal(decodeJwt(fields.id_token ?? '').username, '김새롬')
})

test('a client account has a stable sub, its own roles and no session', async () => {
  const claims = decodeJwt(await provider.clientToken('notice-service'))

  assert.deepEqual(
    { sub: claims.sub, azp: claims.azp, client_id: claims.client_id, sid: claims.sid, name: claims.preferred_username },
    {
      sub: '6b0f0000-0000-4000-8000-000000000009',
      azp: 'notice-service',
      client_id: 'notice-service',
      sid: undefined,
      name: 'service-account-notice-service',
    },
  )
  assert.deepEqual((claims.resource_access as Record<string, unknown>)['meal-service'], { roles: ['meal_admin'] })
  assertRefused(await post('token', { grant_type: 'client_credentials' }), 401, 'unauthorized_client')
})

test('an exchanged token is for the audience asked for, of the same person and session', async () => {
  const { access_token, session_state } = await provider.tokensOf('meal.choi', { scope: 'openid offline_access' })
  const { status, body } = await exchange(access_token, { audience: 'meal-service' })
  const claims = decodeJwt(body.access_token)

  assert.deepEqual([status, body.refresh_token, body.issued_token_type], [200, undefined, ACCESS_TOKEN])
  assert.deepEqual(
    { aud: claims.aud, azp: claims.azp, sub: claims.sub, sid: claims.sid, resource_access: claims.resource_access },
    {
      aud: 'meal-service',
      azp: 'kakao-bot',
      sub: decodeJwt(access_token).sub,
      sid: session_state,
      resource_access: { 'meal-service': { roles: ['meal_admin'] } },
    },
  )
  assert.equal((await userinfo(body.access_token)).status, 403)
  const asked = await exchange(access_token, { audience: 'meal-service', scope: 'openid' })
  assert.equal((await userinfo(asked.body.access_token)).status, 200)
})

test('an exchange that may not be is refused', async () => {
  const { access_token, id_token } = await provider.tokensOf('user.lee')
  const { fields } = await provider.signIn('user.lee', SEEDED_PASSWORD, authorizationUrl({}))
  const foreign = (await redeem(fields.code)).body.access_token

  assertRefused(await exchange(access_token, { audience: 'nobody' }), 400, 'invalid_client')
  assertRefused(
    await exchange(access_token, { audience: 'sso' }),
    400,
    'invalid_request',
    'Requested audience not available: sso',
  )
  assertRefused(await exchange(foreign), 403, 'access_denied')
  assertRefused(await exchange(access_token, {}, 'sso'), 400, 'invalid_request')
  assertRefused(await exchange('garbage'), 400, 'invalid_request', 'Invalid token')
  assertRefused(
    await exchange(id_token, { subject_token_type: 'urn:ietf:params:oauth:token-type:id_token' }),
    400,
    'invalid_request',
  )
  assertRefused(await exchange(access_token, { scope: 'nonsense' }), 400, 'invalid_scope')
  const wanted = { requested_token_type: 'urn:ietf:params:oauth:token-type:refresh_token' }
  assertRefused(await exchange(access_token, wanted), 400, 'invalid_request')
})

test('introspection answers only a client that the token is for', async () => {
  const { access_token, refresh_token } = await provider.tokensOf('user.lee')
  const asked = async (client: string, token = access_token) => (await post('token/introspect', { token }, client)).body

  const known = await asked('meal-service')
  assert.deepEqual(
    { active: known.active, username: known.username, client_id: known.client_id },
    { active: true, username: 'user.lee', client_id: 'kakao-bot' },
  )
  assert.deepEqual(await asked('kakao-bot'), { active: false })
  assert.equal((await asked('meal-service', 'garbage')).active, false)
  await post('revoke', { token: refresh_token })
  assert.equal((await asked('meal-service')).active, false)
})

test('userinfo tells what the scopes allow, and nothing without a living token', async () => {
  const { access_token, refresh_token } = await provider.tokensOf('user.lee', { scope: 'openid email' })
  const info = (await (await userinfo(access_token)).json()) as Record<string, unknown>
  await post('logout', { refresh_token })

  assert.deepEqual([info.sub, info.email], [decodeJwt(access_token).sub, 'user.lee@example.com'])
  const refused = await userinfo(access_token)
  assert.equal(refused.status, 401)
  assert.match(refused.headers.get('www-authenticate') ?? '', /error="invalid_token"/)
  assert.equal((await fetch(endpoint('userinfo'))).status, 401)
})

test('a revoked access token ends alone, one of another client is not ended', async () => {
  const { access_token, refresh_token } = await provider.tokensOf('user.lee')
  const foreign = await post('revoke', { token: access_token }, 'sso')
  const revoked = await post('revoke', { token: access_token })

  assertRefused(foreign, 400, 'invalid_request', 'Unmatching clients')
  assert.deepEqual([revoked.status, revoked.body], [200, ''])
  assert.equal((await userinfo(access_token)).status, 401)
  assert.equal((await refresh(refresh_token)).status, 200)
  assertRefused(await post('revoke', { token: 'garbage' }), 200, 'invalid_token')
})

test('a client signs its login out with the refresh token', async () => {
  for (const scope of ['openid', 'openid offline_access']) {
    const { refresh_token } = await provider.tokensOf('user.lee', { scope })
    const answer = await post('logout', { refresh_token })

    assert.equal(answer.status, 204)
    assertRefused(await refresh(refresh_token), 400, 'invalid_grant')
  }
})

test('after a rotation a new key signs, and what the old one signed stays good', async () => {
  const old: TokenAnswer = await provider.tokensOf('user.lee', { scope: 'openid offline_access' })
  await provider.rotateKeys()
  const renewed = (await refresh(old.refresh_token)).body.access_token
  const [before, now] = [await signingKey(old.access_token), await signingKey(renewed)]

  assert.ok(before.key && now.key)
  assert.notEqual(now.key.kid, before.key.kid)
  assert.equal((await userinfo(old.access_token)).status, 200)
})
