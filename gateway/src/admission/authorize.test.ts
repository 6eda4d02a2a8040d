import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { bearer, openDoor } from './door.fixture.ts'

const seconds = () => Math.floor(Date.now() / 1000)
const TENANT = '00000000-0000-4000-8000-000000000001'
const OTHER_TENANT = '00000000-0000-4000-8000-000000000002'

const PEOPLE: [rule: string, person: object, path: string, answer: string, method?: string][] = [
  ['a person in good standing passes', {}, '/api/case/v1/cases', '200'],
  ['a disabled person is refused', { status: 'disabled' }, '/api/case/x', '403 account-disabled'],
  ['a rejected person is refused', { status: 'rejected' }, '/api/case/x', '403 account-rejected'],
  [
    'a disabled person is refused on a public route too',
    { status: 'disabled' },
    '/api/meal/v1/menus',
    '403 account-disabled',
  ],
  [
    'a rejected person is refused on a public route too',
    { status: 'rejected' },
    '/api/meal/v1/menus',
    '403 account-rejected',
  ],
  [
    'who is shut out is told so, not to sign in again',
    { status: 'disabled', valid_from: seconds() + 3600, ended_sids: ['sid-1'] },
    '/api/case/x',
    '403 account-disabled',
  ],
  ['a disabled person is asked nothing on an open route', { status: 'disabled' }, '/api/auth/login', '200 nobody'],
  [
    'a token from before valid_from is withdrawn',
    { valid_from: seconds() + 3600 },
    '/api/case/x',
    '401 token-outdated',
  ],
  ['and on a public route', { valid_from: seconds() + 3600 }, '/api/meal/v1/menus', '401 token-outdated'],
  ['an ended session is over', { ended_sids: ['sid-1'] }, '/api/case/x', '401 session-ended'],
  ['and on a public route', { ended_sids: ['sid-1'] }, '/api/meal/v1/menus', '401 session-ended'],
  ["another session's end is not this one's", { ended_sids: ['sid-2'] }, '/api/case/x', '200'],
  ['who waits for approval is refused', { role: 'PENDING' }, '/api/case/x', '403 approval-pending'],
  ['who waits may use what the table says', { role: 'PENDING' }, '/api/auth/v1/me', '200'],
  ['who waits may use public routes', { role: 'PENDING' }, '/api/meal/v1/menus', '200'],
  [
    'a suspended tenant is refused',
    { tenant: { id: TENANT, status: 'suspended' } },
    '/api/case/x',
    '403 tenant-suspended',
  ],
  ['but not on a public route', { tenant: { id: TENANT, status: 'suspended' } }, '/api/meal/v1/menus', '200'],
  ['without the section: refused', {}, '/api/meal/v1/reports/7', '403 section-required'],
  ['with the section: passes', { sections: [{ id: 'reports', level: 'user' }] }, '/api/meal/v1/reports', '200'],
  ['level admin includes user', { sections: [{ id: 'reports', level: 'admin' }] }, '/api/meal/v1/reports', '200'],
  ['the same rule holds with the version first', {}, '/api/v1/meal/reports', '403 section-required'],
  [
    'level user is not admin',
    { sections: [{ id: 'admin-page', level: 'user' }] },
    '/api/admin/v1/people',
    '403 section-required',
  ],
  ['level admin is', { sections: [{ id: 'admin-page', level: 'admin' }] }, '/api/admin/v1/people', '200'],
  ['a superuser passes sections', { superuser: true }, '/api/admin/v1/people', '200'],
  [
    'a superuser who is disabled does not',
    { superuser: true, status: 'disabled' },
    '/api/admin/x',
    '403 account-disabled',
  ],
  [
    'a section of another name does not help',
    { sections: [{ id: 'constructor', level: 'admin' }] },
    '/api/admin/x',
    '403 section-required',
  ],
  ['people are refused where only clients may go', { superuser: true }, '/api/sync/x', '403 clients-only'],
  [
    'a method that the rule does not list falls under the next rule',
    { role: 'PENDING' },
    '/api/meal/v1/menus',
    '403 approval-pending',
    'POST',
  ],
  ['HEAD counts as GET', { role: 'PENDING' }, '/api/meal/v1/menus', '200', 'HEAD'],
]

test('what a person may do is decided by record and rule', async (t) => {
  const door = await openDoor(t)
  for (const [rule, person, path, answer, method = 'GET'] of PEOPLE)
    await t.test(`${rule}: ${method} ${path}`, async () => {
      const sub = randomUUID()
      door.user.setPerson({ sub, ...person })
      const asked = { ...bearer(door.platform.token({ sub, sid: 'sid-1' })), method }
      const expected = answer === '200' ? `200 ${sub}` : answer

      assert.equal(await door.knock(path, asked), expected)
      // Remembered facts lead to the same decision.
      assert.equal(await door.knock(path, asked), expected)
    })
})

test('allowed on one route says nothing about another', async (t) => {
  const door = await openDoor(t)
  door.user.setPerson({ sub: 'kim', sections: [{ id: 'reports', level: 'user' }] })
  const asked = bearer(door.platform.token({ sub: 'kim' }))

  assert.equal(await door.knock('/api/meal/v1/reports', asked), '200 kim')
  assert.equal(await door.knock('/api/admin/v1/people', asked), '403 section-required')
  assert.equal(await door.knock('/api/sync/x', asked), '403 clients-only')
  assert.equal(await door.knock('/api/meal/v1/reports', asked), '200 kim')
})

test("another tenant than the person's is refused with the words of the contract", async (t) => {
  const door = await openDoor(t)
  door.user.setPerson({ sub: 'kim' })
  door.user.setPerson({ sub: 'moved', tenant: { id: OTHER_TENANT, status: 'active' } })
  const knock = (path: string, token: string, tenant: string) =>
    door.knock(path, { headers: { authorization: `Bearer ${token}`, 'X-Tenant-ID': tenant } })
  const kim = door.platform.token({ sub: 'kim' })

  assert.equal(await knock('/api/case/x', kim, TENANT), '200 kim')
  assert.equal(await knock('/api/case/x', kim, OTHER_TENANT), '403 tenant-mismatch')
  assert.equal(await knock('/api/case/x', kim, ''), '403 tenant-mismatch')
  assert.equal(await knock('/api/meal/v1/menus', kim, OTHER_TENANT), '403 tenant-mismatch')
  // The record counts, and the token's claim is older than it.
  assert.equal(await knock('/api/case/x', door.platform.token({ sub: 'moved' }), TENANT), '403 tenant-mismatch')
  assert.equal(await knock('/api/case/x', door.platform.token({ sub: 'moved' }), OTHER_TENANT), '200 moved')
  const partner = door.partner.token({ sub: 'kim', tenant_id: TENANT })
  assert.equal(await knock('/api/case/x', partner, TENANT), '403 tenant-mismatch')
  await assert.rejects(
    door.admit('/api/case/x', { headers: { authorization: `Bearer ${kim}`, 'x-tenant-id': OTHER_TENANT } }),
    { status: 403, detail: 'Tenant mismatch' },
  )
})

const SCOPES: [scope: string, path: string, isAllowed: boolean][] = [
  ['case', '/api/case/v1/cases', true],
  ['case', '/api/v1/case/cases', true],
  ['CASE', '/api/case', true],
  ['meal case', '/api/case/x', true],
  ['meal', '/api/case/x', false],
  ['', '/api/case/x', false],
  ['cases', '/api/case/x', false],
  ['case:documents', '/api/case/v1/documents/7', true],
  ['case:documents', '/api/v1/case/documents', true],
  ['case:documents', '/api/case/documents', true],
  ['case:documents', '/api/case/v1/cases', false],
  ['case:documents', '/api/case/v1/documents2', false],
  ['case:documents', '/api/case/v1/cases/documents', false],
  ['case:documents', '/api/case/v1', false],
  ['case:', '/api/case/', false],
  ['meal', '/api/meal/v1/menus', true],
  ['case', '/api/meal/v1/menus', false],
]

test('a platform token with a scope is held to its modules and parts, on public routes too', async (t) => {
  const door = await openDoor(t)
  door.user.setPerson({ sub: 'kim', superuser: true })
  for (const [scope, path, isAllowed] of SCOPES)
    await t.test(`"${scope}" at ${path}`, async () => {
      const asked = bearer(door.platform.token({ sub: 'kim', scope }))

      assert.equal(await door.knock(path, asked), isAllowed ? '200 kim' : '403 scope-required')
    })
})

test("the scope of another issuer's token is OAuth's and holds it to nothing", async (t) => {
  const door = await openDoor(t)
  door.user.setPerson({ sub: 'kim', names: [{ issuer: door.keycloak.issuer, sub: 'kim' }] })

  const asked = bearer(door.keycloak.token({ sub: 'kim', azp: 'kakao-bot', scope: 'openid email' }))
  assert.equal(await door.knock('/api/case/x', asked), '200 kim')
})

test('a scope still holds a token whose rights are outdated', async (t) => {
  const door = await openDoor(t)
  door.user.setPerson({ sub: 'kim', rights_changed_at: seconds() })
  door.user.setClaims({ scope: undefined })
  const asked = bearer(door.platform.token({ sub: 'kim', scope: 'meal' }))

  assert.equal(await door.knock('/api/case/x', asked), '403 scope-required')
})

test('client accounts use what lists them, by azp, else client_id', async (t) => {
  const door = await openDoor(t)
  const client = (claims: object) => bearer(door.keycloak.token({ sub: 'sa', sid: undefined, ...claims }))
  const notice = client({ azp: 'notice-service', client_id: 'notice-service' })
  const other = client({ azp: 'other-service', client_id: 'notice-service' })
  const ours = bearer(door.platform.token({ sub: 'sa', sid: undefined, client_id: 'notice-service' }))

  assert.equal(await door.knock('/api/meal/v1/x', notice), '200 sa')
  assert.equal(await door.knock('/api/meal/v1/reports', notice), '200 sa')
  assert.equal(await door.knock('/api/sync/x', notice), '200 sa')
  assert.equal(await door.knock('/api/sync/x', ours), '200 sa')
  assert.equal(await door.knock('/api/case/x', notice), '403 client-not-allowed')
  assert.equal(await door.knock('/api/sync/x', other), '403 client-not-allowed')
  assert.equal(await door.knock('/api/meal/v1/menus', other), '200 sa')
  assert.deepEqual(door.user.questions, [])
})

test("a client of an issuer with people of its own goes by that issuer's name", async (t) => {
  const door = await openDoor(t)
  const client = (id: string) => bearer(door.partner.token({ sub: 'sa', sid: undefined, client_id: id }))

  assert.equal(await door.knock('/api/sync/x', client('notice-service')), '403 client-not-allowed')
  assert.equal(await door.knock('/api/sync/x', client('robot')), '200 partner|sa')
})

test('unknown people pass only where their issuer allows it, and no section', async (t) => {
  const door = await openDoor(t)
  const stranger = bearer(door.keycloak.token({ sub: 'stranger', azp: 'kakao-bot' }))
  const guest = bearer(door.partner.token({ sub: 'guest' }))

  assert.equal(await door.knock('/api/case/x', stranger), '403 unknown-person')
  assert.equal(await door.knock('/api/meal/v1/menus', stranger), '200 stranger')
  assert.equal(await door.knock('/api/case/x', guest), '200 partner|guest')
  assert.equal(await door.knock('/api/meal/v1/reports', guest), '403 section-required')
  assert.equal(await door.knock('/api/sync/x', guest), '403 clients-only')
})
