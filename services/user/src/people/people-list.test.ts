import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { sql } from 'kysely'
import { OTHER_TENANT, testAdministration } from '../admin/administration.fixture.ts'
import { refusal } from '../refusal.fixture.ts'
import { TENANT } from '../service.fixture.ts'

let house: Awaited<ReturnType<typeof testAdministration>>
before(async () => {
  house = await testAdministration()
})
after(() => house.close())
const admin = () => house.seed({ role: 'ADMIN', sections: { 'admin-page': 'admin' } })

test('every person comes once over pages of any size, also when all were made in one instant', async () => {
  const tenant_id = OTHER_TENANT
  const administrator = await house.seed({ role: 'ADMIN', tenant_id, sections: { 'admin-page': 'admin' } })
  for (let index = 0; index < 6; index += 1) await house.seed({ tenant_id })
  await sql`update users.people set created_at = '2026-11-21T00:00:00.123456Z' where tenant_id = ${tenant_id}`.execute(
    house.db,
  )
  const seen: string[] = []
  for (let cursor = ''; ; ) {
    const { status, body } = await house.as(administrator)('GET', `/people?limit=2${cursor}`)
    assert.equal(status, 200)
    seen.push(...body.people.map(({ sub }: { sub: string }) => sub))
    if (body.next_cursor === undefined) break
    cursor = `&cursor=${body.next_cursor}`
  }

  assert.equal(seen.length, 7)
  assert.equal(new Set(seen).size, 7)
})

test('search finds how a word begins, a given name after its family name, in any case, and takes % and _ as signs', async () => {
  const sub = await house.seed({ username_kr: '가나다_100%', email: 'X.Y@Example.com', user_id: 'choi.search' })
  const find = async (text: string) => {
    const { body } = await house.as(house.superuser)('GET', `/people?search=${encodeURIComponent(text)}`)
    return body.people.map((person: { sub: string }) => person.sub)
  }

  for (const text of [
    '가나다'.normalize('NFD'),
    '나다',
    '_100%',
    '100',
    'x.y@example',
    '@example.com',
    'CHOI.SEARCH',
    'sear',
  ])
    assert.deepEqual(await find(text), [sub], text)
  for (const text of ['가_다', '%', 'earch', '00%']) assert.deepEqual(await find(text), [], text)
  await house.db.updateTable('people').set({ username_kr: '마바사' }).where('sub', '=', sub).execute()
  assert.deepEqual([await find('나다'), await find('바사')], [[], [sub]])
})

test('whoever is found stands where the list has them, also after the time of their making was set', async () => {
  const subs = [await house.seed({ username_kr: '순서가' }), await house.seed({ username_kr: '순서나' })]
  const root = house.as(house.superuser)
  await root('POST', '/groups', { payload: { id: 'ordered', title: 'Ordered', sections: [] } })
  for (const sub of subs) await root('PUT', `/groups/ordered/members/${sub}`)
  await sql`update users.people set created_at = '2020-01-01' where sub = ${subs[1]}`.execute(house.db)
  const copies = ['person_terms', 'group_members'] as const

  for (const copy of copies) {
    const { rows } = await sql<{ wrong: number }>`
      select count(*)::int as wrong from ${sql.table(`users.${copy}`)} as copied join users.people on people.sub = person_sub
      where (copied.created_at, copied.tenant_id) is distinct from (people.created_at, people.tenant_id)`.execute(
      house.db,
    )
    assert.deepEqual(rows, [{ wrong: 0 }], copy)
  }
  for (const path of ['/people?search=순서', '/groups/ordered/members'])
    assert.deepEqual(
      (await root('GET', encodeURI(path))).body.people.map(({ sub }: { sub: string }) => sub),
      subs.toReversed(),
      path,
    )
})

test('people show their own sections, their groups and all that both give', async () => {
  const sub = await house.seed({ sections: { canvas: 'user', train: 'user' } })
  const asRoot = house.as(house.superuser)
  await asRoot('POST', '/groups', {
    payload: { id: 'builders', title: 'Builders', sections: [{ id: 'canvas', level: 'admin' }] },
  })
  await asRoot('PUT', `/groups/builders/members/${sub}`)
  const { body } = await asRoot('GET', `/people/${sub}`)

  assert.deepEqual(body.groups, ['builders'])
  assert.deepEqual(body.own_sections, [
    { id: 'canvas', level: 'user' },
    { id: 'train', level: 'user' },
  ])
  assert.deepEqual(body.sections, [
    { id: 'canvas', level: 'admin' },
    { id: 'train', level: 'user' },
  ])
  const root = (await asRoot('GET', `/people/${house.superuser}`)).body
  assert.ok(root.sections.length >= 22)
  assert.match(root.created_at, /^\d{4}-.*Z$/)
})

test("another tenant's person is absent from every path, and a superuser reaches all tenants", async () => {
  const call = house.as(await admin())
  const foreign = await house.seed({ tenant_id: OTHER_TENANT, role: 'PENDING' })

  assert.deepEqual(refusal(await call('GET', `/people/${foreign}`)), [404, 'person-not-found'])
  assert.deepEqual(refusal(await call('POST', `/people/${foreign}/approve`)), [404, 'person-not-found'])
  assert.deepEqual(refusal(await call('GET', '/people/absent')), [404, 'person-not-found'])
  const { body } = await call('GET', '/people?limit=200')
  assert.ok(body.people.every((person: { tenant_id: string }) => person.tenant_id === TENANT))
  assert.equal((await house.as(house.superuser)('POST', `/people/${foreign}/approve`)).status, 200)
})

test('a superuser may ask for one tenant, and whoever asks for another than their own sees their own', async () => {
  const [local, foreign] = [await house.seed(), await house.seed({ tenant_id: OTHER_TENANT })]
  const subsOf = async (by: string, query: string): Promise<string[]> =>
    (await house.as(by)('GET', `/people?limit=200${query}`)).body.people.map(({ sub }: { sub: string }) => sub)
  const narrowed = await subsOf(house.superuser, `&tenant_id=${OTHER_TENANT}`)
  const found = await subsOf(house.superuser, `&tenant_id=${OTHER_TENANT}&search=id`)

  assert.deepEqual([narrowed.includes(foreign), narrowed.includes(local)], [true, false])
  assert.deepEqual([found.includes(foreign), found.includes(local)], [true, false])
  const lesser = await admin()
  assert.deepEqual(await subsOf(lesser, `&tenant_id=${OTHER_TENANT}`), await subsOf(lesser, ''))
})

test('bad input names the field', async () => {
  const call = house.as(house.superuser)
  const sub = await house.seed()
  const cases: [path: string, payload: object | undefined, field: string][] = [
    ['/people?limit=0', undefined, 'limit'],
    ['/people?cursor=xyz', undefined, 'cursor'],
    ['/people?status=gone', undefined, 'status'],
    ['/people?tenant_id=demo', undefined, 'tenant_id'],
    ['/audit-events?cursor=e30', undefined, 'cursor'],
    [`/people/${sub}/role`, { role: 'PENDING' }, 'role'],
    [`/people/${sub}/role`, { role: 'USER', superuser: true }, 'superuser'],
    [`/people/${sub}/sections`, { sections: [{ id: 'nowhere', level: 'user' }] }, 'sections.0.id'],
    [`/people/${sub}/groups`, { groups: ['nobodies'] }, 'groups.0'],
    [`/people/${sub}/sso-name`, { issuer: '', sub: 'x' }, 'issuer'],
  ]

  for (const [path, payload, field] of cases) {
    const answer = await call(payload ? 'PUT' : 'GET', path, payload ? { payload } : {})
    assert.deepEqual(refusal(answer), [400, 'invalid-request'], path)
    assert.deepEqual(new Set(answer.body.faults.map((fault: { field: string }) => fault.field)), new Set([field]))
  }
})

test('a place that no list gave is no cursor', async () => {
  const places = ['2026-13-01', '2026-02-30', '0000-01-01'].map((day) => [`${day}T00:00:00.000000Z`, 'x'])
  const others = [['2026-11-21T00:00:00.000000Z', 'a\0b'], ['2026-11-21T00:00:00.000000Z'], ['now', 'x'], null]
  for (const place of [...places, ...others]) {
    const cursor = Buffer.from(JSON.stringify(place)).toString('base64url')
    const answer = await house.as(house.superuser)('GET', `/people?cursor=${cursor}`)
    assert.deepEqual(refusal(answer), [400, 'invalid-request'], JSON.stringify(place))
  }
})
