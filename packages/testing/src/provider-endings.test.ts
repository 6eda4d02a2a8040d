import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { decodeJwt } from 'jose'
import { testProvider } from './provider.ts'
import { assertRefused, nextSecond, providerRequests } from './provider-requests.ts'

// Runs on dev-idp and, where MUNJIGI_TEST_KEYCLOAK_URL is set, on Keycloak: what passes here may be relied on.
const provider = await testProvider()
after(() => provider.close())
const { post, refresh, userinfo, newPerson } = providerRequests(provider)

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
  const altered = refresh_token.slice(0, -6) + (refresh_token.endsWith('AAAAAA') ? 'BBBBBB' : 'AAAAAA')
  assertRefused(await refresh(altered), 400, 'invalid_grant', 'Invalid refresh token')
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
  assertRefused(
    await post('token', { grant_type: 'password', username: 'user.lee', password: 'munjigi-dev' }),
    400,
    'unauthorized_client',
    'Client not allowed for direct access grants',
  )
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

  assertRefused(refused, 400, 'invalid_grant', 'Offline user session not found')
  assert.notEqual(sub, person.sub)
  assert.equal(decodeJwt((await person.signIn()).access_token).sub, sub)
})

test('ended sessions refresh no more, and an offline token of before is stale', async () => {
  const person = await newPerson()
  const online = await person.signIn()
  const offline = await person.signIn('openid offline_access')
  await nextSecond()
  await provider.endSessions(person.username)

  assertRefused(await refresh(online.refresh_token), 400, 'invalid_grant', 'Session not active')
  assertRefused(await refresh(offline.refresh_token), 400, 'invalid_grant', 'Stale token')
})

test('ended offline sessions and revoked consent end the offline login', async () => {
  const person = await newPerson()
  const endings = [
    () => provider.endOfflineSessions(person.username),
    () => provider.revokeConsent(person.username, 'kakao-bot'),
  ]
  for (const end of endings) {
    const { refresh_token, access_token } = await person.signIn('openid offline_access')
    await end()

    assertRefused(await refresh(refresh_token), 400, 'invalid_grant', 'Offline user session not found')
    assert.equal((await userinfo(access_token)).status, 401)
  }
  await assert.rejects(provider.revokeConsent(person.username, 'kakao-bot'))
})

test('without the role offline_access an offline login neither goes on nor begins, and an online one does', async () => {
  const person = await newPerson()
  const { refresh_token } = await person.signIn('openid offline_access')
  await provider.revokeRole(person.username, 'offline_access')

  const notGranted = 'Offline session invalid because offline access not granted anymore'
  assertRefused(await refresh(refresh_token), 400, 'invalid_grant', notGranted)
  await assert.rejects(
    person.signIn('openid offline_access'),
    /400: .*"not_allowed".*Offline tokens not allowed for the user or client/,
  )
  assert.equal((await refresh((await person.signIn()).refresh_token)).status, 200)
})

test('a password that an administrator sets ends nothing', async () => {
  const person = await newPerson()
  const { refresh_token } = await person.signIn('openid offline_access')
  await provider.setPassword(person.username, 'another')

  assert.equal((await refresh(refresh_token)).status, 200)
  await assert.rejects(person.signIn(), /form came again/)
  assert.ok(await provider.tokensOf(person.username, { password: 'another' }))
})

test('whoever shares a realm cannot end all its tokens', async () => {
  await assert.rejects(provider.endEarlierTokens())
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
