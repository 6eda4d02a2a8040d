import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { testIssuer } from '@munjigi/testing/issuer'
import { bearer, openDoor } from './door.fixture.ts'

const seconds = () => Math.floor(Date.now() / 1000)
const named = (token: string, sub: string) => ({ headers: { authorization: `Bearer ${token}`, 'x-user-sub': sub } })

test('without a credential only open and public routes answer', async (t) => {
  const door = await openDoor(t)

  assert.equal(await door.knock('/api/auth/login'), '200 nobody')
  assert.equal(await door.knock('/api/meal/v1/menus'), '200 nobody')
  assert.equal(await door.knock('/api/case/x'), '401 token-missing')
  assert.equal(await door.knock('/api/meal/v1/reports'), '401 token-missing')
  assert.equal(await door.knock('/api/sync/x'), '401 token-missing')
  assert.deepEqual(door.user.questions, [])
})

test('a bad credential is refused on a public route and not read on an open one', async (t) => {
  const door = await openDoor(t)
  const expired = door.platform.token({ exp: seconds() - 3600 })

  for (const path of ['/api/meal/v1/menus', '/api/case/x']) {
    assert.equal(await door.knock(path, bearer('nonsense')), '401 token-invalid')
    assert.equal(await door.knock(path, bearer(expired)), '401 token-expired')
    assert.equal(await door.knock(path, { headers: { authorization: 'Basic YTpi' } }), '401 token-missing')
  }
  assert.equal(await door.knock('/api/auth/login', bearer(expired)), '200 nobody')
})

test('a remembered token with a fresh record is admitted without a promise', async (t) => {
  const door = await openDoor(t)
  door.user.setPerson({ sub: 'kim' })
  const token = door.platform.token({ sub: 'kim' })
  await door.admit('/api/case/x', bearer(token))

  const principal = door.authenticate(
    { credential: token, userSub: undefined, tenantId: undefined, address: '203.0.113.1' },
    door.routeOf('/api/case/x'),
  )
  assert.ok(!(principal instanceof Promise))
  assert.equal(principal.token?.token, token)
})

test("X-User-Sub must be the token's subject", async (t) => {
  const door = await openDoor(t)
  door.user.setPerson({ sub: 'kim', names: [{ issuer: door.keycloak.issuer, sub: 'kim-at-keycloak' }] })
  const kim = door.platform.token({ sub: 'kim' })
  const atKeycloak = door.keycloak.token({ sub: 'kim-at-keycloak', azp: 'kakao-bot' })
  const guest = door.partner.token({ sub: 'guest' })

  // Twice: by asking, then at once.
  for (let i = 0; i < 2; i++) {
    assert.equal(await door.knock('/api/case/x', named(kim, 'kim')), '200 kim')
    for (const wrong of ['lee', '', 'KIM', 'kim ', 'kim,kim', 'partner|kim'])
      assert.equal(await door.knock('/api/case/x', named(kim, wrong)), '401 user-sub-mismatch', `"${wrong}"`)
    assert.equal(await door.knock('/api/meal/v1/menus', named(kim, 'lee')), '401 user-sub-mismatch')
    // The token's sub and the subject that goes on are both this person.
    assert.equal(await door.knock('/api/case/x', named(atKeycloak, 'kim-at-keycloak')), '200 kim')
    assert.equal(await door.knock('/api/case/x', named(atKeycloak, 'kim')), '200 kim')
    assert.equal(await door.knock('/api/case/x', named(atKeycloak, 'lee')), '401 user-sub-mismatch')
    assert.equal(await door.knock('/api/case/x', named(guest, 'guest')), '200 partner|guest')
    assert.equal(await door.knock('/api/case/x', named(guest, 'partner|guest')), '200 partner|guest')
  }
  assert.equal(await door.knock('/api/meal/v1/menus', { headers: { 'x-user-sub': 'kim' } }), '200 nobody')
})

test('a subject of an issuer with people of its own is nobody of ours', async (t) => {
  const door = await openDoor(t)
  door.user.setPerson({ sub: 'admin', superuser: true, names: [{ issuer: door.partner.issuer, sub: 'admin' }] })
  const forged = bearer(door.partner.token({ sub: 'admin', role: 'ADMIN', superuser: true }))

  assert.equal(await door.knock('/api/admin/v1/people', forged), '403 section-required')
  const { token, record } = await door.admit('/api/case/x', forged)
  assert.deepEqual([token?.subject, record], ['partner|admin', undefined])
  // Nobody's record is so much as asked for.
  assert.deepEqual(door.user.questions, [])
  assert.equal(await door.knock('/api/admin/v1/people', bearer(door.platform.token({ sub: 'admin' }))), '200 admin')
  assert.equal(await door.knock('/api/admin/v1/people', forged), '403 section-required')
})

test("a subject of ours cannot take another issuer's prefix", async (t) => {
  const door = await openDoor(t)
  door.user.setPerson({ sub: 'partner|guest', superuser: true })

  for (const token of [
    door.platform.token({ sub: 'partner|guest' }),
    door.keycloak.token({ sub: 'partner|guest', azp: 'kakao-bot' }),
  ])
    assert.equal(await door.knock('/api/case/x', bearer(token)), '401 token-invalid')
  assert.equal(await door.knock('/api/case/x', bearer(door.partner.token({ sub: 'a|b' }))), '200 partner|a|b')
})

test('the same sub at two shared issuers is two people', async (t) => {
  const door = await openDoor(t)
  door.user.setPerson({ sub: 'kim', superuser: true })
  door.user.setPerson({ sub: 'other', names: [{ issuer: door.keycloak.issuer, sub: 'kim' }] })

  assert.equal(await door.knock('/api/admin/x', bearer(door.platform.token({ sub: 'kim' }))), '200 kim')
  const atKeycloak = bearer(door.keycloak.token({ sub: 'kim', azp: 'kakao-bot' }))
  assert.equal(await door.knock('/api/admin/x', atKeycloak), '403 section-required')
  assert.equal(await door.knock('/api/case/x', atKeycloak), '200 other')
})

test('a key of one trusted issuer signs nothing for another, though both call it the same', async (t) => {
  const door = await openDoor(t)
  door.user.setPerson({ sub: 'kim' })
  const forger = await testIssuer({ issuer: door.platform.issuer, kid: door.platform.kid })
  t.after(forger.close)

  assert.equal(await door.knock('/api/case/x', bearer(forger.token({ sub: 'kim' }))), '401 token-invalid')
  const crossed = door.keycloak.token({ iss: door.platform.issuer, sub: 'kim' }, { kid: door.platform.kid })
  assert.equal(await door.knock('/api/case/x', bearer(crossed)), '401 token-invalid')
})

test('a stranger at a shared issuer who bears the sub of one of ours is not taken for them', async (t) => {
  const door = await openDoor(t)
  door.user.setPerson({ sub: 'kim', names: [{ issuer: door.keycloak.issuer, sub: 'rebound' }] })
  const namesake = bearer(door.keycloak.token({ sub: 'kim', azp: 'kakao-bot' }))
  const stranger = bearer(door.keycloak.token({ sub: 'stranger', azp: 'kakao-bot' }))

  // Twice: by asking, then from what is remembered.
  for (let i = 0; i < 2; i++) {
    assert.equal(await door.knock('/api/meal/v1/menus', namesake), '403 unknown-person')
    assert.equal(await door.knock('/api/meal/v1/menus', stranger), '200 stranger')
  }
})

test('a change that is announced during an exchange counts', async (t) => {
  const door = await openDoor(t)
  door.user.setPerson({ sub: 'kim', rights_changed_at: seconds() })
  const asked = bearer(door.platform.token({ sub: 'kim' }))
  await door.knock('/api/case/x', asked)
  await door.announce({ all: true })
  door.user.onExchange(async () => {
    door.user.onExchange(undefined)
    door.user.setPerson({ sub: 'kim', status: 'disabled' })
    await door.announce({ issuer: door.platform.issuer, sub: 'kim' })
  })

  assert.equal(await door.knock('/api/case/x', asked), '403 account-disabled')
})

test('an unchanged token of a shared issuer goes on as it is', async (t) => {
  const door = await openDoor(t)
  door.user.setPerson({ sub: 'kim', names: [{ issuer: door.keycloak.issuer, sub: 'kim' }] })
  const text = door.keycloak.token({ sub: 'kim', azp: 'kakao-bot' })

  const { token } = await door.admit('/api/case/x', bearer(text))
  assert.equal(token?.token, text)
  assert.deepEqual(door.user.questions, ['access kim'])
})

test("a shared issuer's token whose sub is not the platform's is exchanged", async (t) => {
  const door = await openDoor(t)
  door.user.setPerson({ sub: 'kim', names: [{ issuer: door.keycloak.issuer, sub: 'kc-kim' }] })
  const asked = bearer(door.keycloak.token({ sub: 'kc-kim', azp: 'kakao-bot', sid: 'kc-session' }))

  const { own, token } = await door.admit('/api/case/x', asked)
  assert.deepEqual(
    [own?.sub, token?.subject, token?.issuer.isPlatform, token?.sid],
    ['kc-kim', 'kim', true, 'kc-session'],
  )
  assert.equal(await door.knock('/api/case/x', asked), '200 kim')
  assert.deepEqual(door.user.questions, ['access kc-kim', 'tokens token'])
})

test('a token with outdated rights is exchanged, one from after the change goes on', async (t) => {
  const door = await openDoor(t)
  const changed = seconds() - 60
  door.user.setPerson({ sub: 'kim', rights_changed_at: changed })
  const outdated = door.platform.token({ sub: 'kim', iat: changed, sid: 's' })
  const fresh = door.platform.token({ sub: 'kim', iat: changed + 1 })

  const { token } = await door.admit('/api/case/x', bearer(outdated))
  assert.notEqual(token?.token, outdated)
  assert.deepEqual([token?.subject, token?.sid], ['kim', 's'])
  assert.equal((await door.admit('/api/case/x', bearer(fresh))).token?.token, fresh)
  assert.deepEqual(door.user.questions, ['access kim', 'tokens token'])
})

test('who may not come in has no token exchanged', async (t) => {
  const door = await openDoor(t)
  const sub = randomUUID()
  door.user.setPerson({ sub, status: 'disabled', rights_changed_at: seconds() })

  assert.equal(await door.knock('/api/case/x', bearer(door.platform.token({ sub }))), '403 account-disabled')
  assert.deepEqual(door.user.questions, [`access ${sub}`])
})

test('an API key stands for its owner, within its scope', async (t) => {
  const door = await openDoor(t)
  door.user.setPerson({ sub: 'kim', sections: [{ id: 'reports', level: 'user' }] })
  door.user.setKey('mj_good', { sub: 'kim', key_id: 'k1', scope: 'meal:reports case' })
  const key = bearer('mj_good')

  const { own, token } = await door.admit('/api/case/x', key)
  assert.deepEqual([own, token?.subject, token?.sid], [undefined, 'kim', 'k1'])
  assert.equal(await door.knock('/api/meal/v1/reports', key), '200 kim')
  assert.equal(await door.knock('/api/meal/v1/menus', key), '403 scope-required')
  assert.equal(await door.knock('/api/case/x', named('mj_good', 'kim')), '200 kim')
  assert.equal(await door.knock('/api/case/x', named('mj_good', 'lee')), '401 user-sub-mismatch')
  assert.deepEqual(door.user.questions, ['tokens api_key', 'access kim'])
})

test("an API key is worth what its owner's account is", async (t) => {
  const door = await openDoor(t)
  const owners = { off: { status: 'disabled' }, new: { role: 'PENDING' }, gone: undefined } as const
  for (const [sub, person] of Object.entries(owners)) {
    if (person) door.user.setPerson({ sub, ...person })
    door.user.setKey(`mj_${sub}`, { sub, key_id: sub })
  }

  assert.equal(await door.knock('/api/case/x', bearer('mj_off')), '403 account-disabled')
  assert.equal(await door.knock('/api/case/x', bearer('mj_new')), '403 approval-pending')
  assert.equal(await door.knock('/api/case/x', bearer('mj_gone')), '403 unknown-person')
})

test('an ended key is over by the record too, should its message be lost', async (t) => {
  const door = await openDoor(t)
  door.user.setPerson({ sub: 'kim', ended_sids: ['k1'] })
  door.user.setKey('mj_good', { sub: 'kim', key_id: 'k1' })

  assert.equal(await door.knock('/api/case/x', bearer('mj_good')), '401 session-ended')
})

test('a listed client acts for the person it names, with that person’s rights, where the table says', async (t) => {
  const door = await openDoor(t)
  door.user.setPerson({ sub: 'kim' })
  door.user.setPerson({ sub: 'off', status: 'disabled' })
  door.user.setPerson({ sub: 'boss', superuser: true })
  const client = (claims: object = {}) =>
    door.keycloak.token({ sub: 'sa', sid: undefined, azp: 'notice-service', client_id: 'notice-service', ...claims })
  const notice = client()

  const { own, token } = await door.admit('/api/meal/v1/x', named(notice, 'kim'))
  assert.deepEqual([own?.sub, token?.subject, token?.scope], ['sa', 'kim', ['meal']])
  assert.deepEqual(token?.claims.act, { sub: 'sa' })
  assert.equal(await door.knock('/api/meal/v1/x', named(notice, 'sa')), '200 sa')
  assert.equal(await door.knock('/api/meal/v1/reports', named(notice, 'kim')), '403 section-required')
  assert.equal(await door.knock('/api/meal/v1/x', named(notice, 'off')), '403 account-disabled')
  assert.equal(await door.knock('/api/meal/v1/x', named(notice, 'boss')), '403 acting-refused')
  assert.equal(await door.knock('/api/meal/v1/x', named(notice, 'nobody')), '403 unknown-person')
  // Another module, another client, a person's token, another issuer's client: nobody is acted for.
  assert.equal(await door.knock('/api/sync/x', named(notice, 'kim')), '401 user-sub-mismatch')
  const mismatch = '401 user-sub-mismatch'
  assert.equal(await door.knock('/api/meal/v1/x', named(client({ azp: 'kakao-bot' }), 'kim')), mismatch)
  assert.equal(await door.knock('/api/meal/v1/x', named(client({ sid: 's' }), 'kim')), mismatch)
  const atPartner = door.partner.token({ sub: 'sa', sid: undefined, client_id: 'notice-service' })
  assert.equal(await door.knock('/api/meal/v1/x', named(atPartner, 'kim')), mismatch)
})

test('a client named like a property of an object acts for nobody', async (t) => {
  const door = await openDoor(t)
  const client = (id: string) => door.partner.token({ sub: 'sa', sid: undefined, client_id: id })

  for (const id of ['constructor', '__proto__', 'toString'])
    assert.equal(await door.knock('/api/meal/v1/x', named(client(id), 'kim')), '401 user-sub-mismatch')
})
