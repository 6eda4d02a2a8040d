import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { testAdministration } from '../admin/administration.fixture.ts'
import { refusal } from '../refusal.fixture.ts'

let house: Awaited<ReturnType<typeof testAdministration>>
before(async () => {
  house = await testAdministration()
})
after(() => house.close())
const canvas = { id: 'canvas', level: 'user' } as const

test('a group is made, changed, joined, left and removed; its members keep what is their own', async () => {
  const root = house.as(house.superuser)
  const sub = await house.seed({ sections: { train: 'user' } })
  const payload = { id: 'analysts', title: '분석가', sections: [canvas] }

  assert.deepEqual(await root('POST', '/groups', { payload }), { status: 201, body: payload })
  assert.deepEqual(refusal(await root('POST', '/groups', { payload })), [409, 'group-exists'])
  assert.deepEqual((await root('PUT', `/people/${sub}/groups`, { payload: { groups: ['analysts'] } })).body.groups, [
    'analysts',
  ])
  const raised = { sections: [{ id: 'canvas', level: 'admin' }] }
  assert.equal((await root('PATCH', '/groups/analysts', { payload: raised })).body.title, '분석가')
  const { body } = await root('GET', '/groups/analysts/members')
  assert.deepEqual(body.people[0].sections, [
    { id: 'canvas', level: 'admin' },
    { id: 'train', level: 'user' },
  ])
  assert.deepEqual((await root('DELETE', `/groups/analysts/members/${sub}`)).body.groups, [])
  await root('PUT', `/groups/analysts/members/${sub}`)
  assert.equal((await root('DELETE', '/groups/analysts')).status, 204)
  assert.deepEqual((await root('GET', `/people/${sub}`)).body.sections, [{ id: 'train', level: 'user' }])
  for (const path of ['/groups/analysts/members', `/groups/analysts/members/${sub}`])
    assert.deepEqual(refusal(await root(path.endsWith(sub) ? 'PUT' : 'GET', path)), [404, 'group-not-found'])
})

test('a title without a letter is refused', async () => {
  const root = house.as(house.superuser)
  for (const title of ['', ' \t'])
    assert.deepEqual(refusal(await root('POST', '/groups', { payload: { id: 'blank', title, sections: [] } })), [
      400,
      'invalid-request',
    ])
})

test('nobody is put into a group that gives more than the giver has', async () => {
  const call = house.as(await house.seed({ role: 'ADMIN', sections: { 'admin-page': 'admin' } }))
  const root = house.as(house.superuser)
  const sub = await house.seed()
  await root('POST', '/groups', { payload: { id: 'painters', title: 'Painters', sections: [canvas] } })
  await root('POST', '/groups', { payload: { id: 'readers', title: 'Readers', sections: [] } })

  assert.deepEqual(refusal(await call('PUT', `/groups/painters/members/${sub}`)), [403, 'above-own-rights'])
  const both = { payload: { groups: ['readers', 'painters'] } }
  assert.deepEqual(refusal(await call('PUT', `/people/${sub}/groups`, both)), [403, 'above-own-rights'])
  assert.deepEqual((await call('GET', `/people/${sub}`)).body.groups, [])
  assert.deepEqual((await call('PUT', `/groups/readers/members/${sub}`)).body.groups, ['readers'])
})

test('groups reach across tenants: an administrator reads them, a superuser changes them', async () => {
  const call = house.as(await house.seed({ role: 'ADMIN', sections: { 'admin-page': 'admin' } }))
  const payload = { id: 'mine', title: 'Mine', sections: [] }

  assert.equal((await call('GET', '/groups')).status, 200)
  assert.deepEqual(refusal(await call('POST', '/groups', { payload })), [403, 'superuser-required'])
})
