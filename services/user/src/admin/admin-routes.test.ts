import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { refusal } from '../refusal.fixture.ts'
import { testAdministration } from './administration.fixture.ts'

let house: Awaited<ReturnType<typeof testAdministration>>
before(async () => {
  house = await testAdministration()
})
after(() => house.close())
const admin = () => house.seed({ role: 'ADMIN', sections: { 'admin-page': 'admin' } })

test('administration is for section admin-page at level admin as the database knows it now', async () => {
  const nobody = await house.seed({ role: 'ADMIN' })
  const user = await house.seed({ role: 'ADMIN', sections: { 'admin-page': 'user' } })
  const stranger = 'nobody-here'

  for (const sub of [nobody, user])
    assert.deepEqual(refusal(await house.as(sub)('GET', '/people')), [403, 'section-required'])
  assert.deepEqual(refusal(await house.as(stranger)('GET', '/people')), [403, 'unknown-person'])
  const forged = await house.as(nobody)('GET', '/people', { claims: { role: 'ADMIN', superuser: true } })
  assert.equal(forged.status, 403)
  assert.equal((await house.app.inject('/api/admin/v1/people')).statusCode, 401)
})

test('a token of another issuer carries no rights of ours, and who waits for approval administers nothing', async () => {
  const sub = await admin()
  const headers = { authorization: `Bearer ${house.shared.token({ sub })}`, 'x-user-sub': sub }
  const foreign = await house.app.inject({ url: '/api/admin/v1/people', headers })
  const waiting = await house.seed({ role: 'PENDING', sections: { 'admin-page': 'admin' } })

  assert.deepEqual([foreign.statusCode, foreign.json().type], [403, '/problems/platform-token-required'])
  assert.deepEqual(refusal(await house.as(waiting)('GET', '/people')), [403, 'approval-pending'])
})

test('a disabled administrator, an ended session and a token from before the end are refused', async () => {
  const sub = await admin()
  const sid = 'ended-session'
  await house.db
    .insertInto('sessions')
    .values({ sid, person_sub: sub, access_exp: 0, refresh_exp: 0, id_token_sealed: null, ended_at: new Date() })
    .execute()

  assert.deepEqual(refusal(await house.as(sub)('GET', '/people', { claims: { sid } })), [401, 'session-ended'])
  await house.db.updateTable('people').set({ valid_from: 9_999_999_999 }).where('sub', '=', sub).execute()
  assert.deepEqual(refusal(await house.as(sub)('GET', '/people')), [401, 'token-outdated'])
  await house.db.updateTable('people').set({ status: 'disabled' }).where('sub', '=', sub).execute()
  assert.deepEqual(refusal(await house.as(sub)('GET', '/people', { claims: { sid } })), [403, 'account-disabled'])
  await house.db.updateTable('people').set({ valid_from: 0, status: 'disabled' }).where('sub', '=', sub).execute()
  assert.deepEqual(refusal(await house.as(sub)('GET', '/people')), [403, 'account-disabled'])
})

test('the document lists what each part of the module offers and needs no token', async () => {
  const document = (await house.app.inject('/api/admin/openapi.json')).json()

  assert.deepEqual(Object.keys(document.paths['/api/admin/v1/people/{sub}/approve']), ['post'])
  for (const path of ['people', 'people/{sub}/tenant', 'sections', 'groups', 'audit-events', 'tenants/{id}/suspend'])
    assert.ok(`/api/admin/v1/${path}` in document.paths, path)
  const ofTenants = ['tenants', 'tenants/{id}', 'tenants/{id}/suspend', 'tenants/{id}/resume'].flatMap((path) =>
    Object.values<Record<string, unknown>>(document.paths[`/api/admin/v1/${path}`]),
  )
  assert.deepEqual(
    ofTenants.map((operation) => operation['x-permission']),
    Array.from({ length: 5 }, () => 'tenant:manage'),
  )
})
