import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { testAdministration } from '../admin/administration.fixture.ts'
import { refusal } from '../refusal.fixture.ts'

let house: Awaited<ReturnType<typeof testAdministration>>
before(async () => {
  house = await testAdministration()
})
after(() => house.close())

test('a section is made, renamed and removed with its grants, each told to every gateway', async () => {
  const root = house.as(house.superuser)
  const sub = await house.seed()
  const payload = { id: 'ledger', title_ko: '장부', title_en: 'Ledger' }

  assert.deepEqual(await root('POST', '/sections', { payload }), { status: 201, body: payload })
  assert.deepEqual(refusal(await root('POST', '/sections', { payload })), [409, 'section-exists'])
  await root('PUT', `/people/${sub}/sections`, { payload: { sections: [{ id: 'ledger', level: 'user' }] } })
  assert.equal((await root('PATCH', '/sections/ledger', { payload: { title_en: 'Book' } })).body.title_en, 'Book')
  assert.equal((await root('DELETE', '/sections/ledger')).status, 204)
  assert.deepEqual((await root('GET', `/people/${sub}`)).body.own_sections, [])
  assert.deepEqual(refusal(await root('DELETE', '/sections/ledger')), [404, 'section-not-found'])
  assert.deepEqual(refusal(await root('PATCH', '/sections/ledger', { payload: { title_en: 'x' } })), [
    404,
    'section-not-found',
  ])
  assert.equal((await house.announced('{"all":true}', 3)).length, 3)
})

test('a title without a letter is refused', async () => {
  const root = house.as(house.superuser)
  for (const title_ko of ['', ' \t'])
    assert.deepEqual(
      refusal(await root('POST', '/sections', { payload: { id: 'blank', title_ko, title_en: 'Blank' } })),
      [400, 'invalid-request'],
    )

  assert.deepEqual(refusal(await root('PATCH', '/sections/canvas', { payload: { title_en: ' ' } })), [
    400,
    'invalid-request',
  ])
})

test('the section of administration itself stays', async () => {
  const answer = await house.as(house.superuser)('DELETE', '/sections/admin-page')

  assert.deepEqual(refusal(answer), [409, 'section-protected'])
})

test('sections reach across tenants: an administrator reads them, a superuser changes them', async () => {
  const call = house.as(await house.seed({ role: 'ADMIN', sections: { 'admin-page': 'admin' } }))
  const payload = { id: 'mine', title_ko: '내 것', title_en: 'Mine' }

  assert.ok((await call('GET', '/sections')).body.sections.length >= 22)
  assert.deepEqual(refusal(await call('POST', '/sections', { payload })), [403, 'superuser-required'])
})
