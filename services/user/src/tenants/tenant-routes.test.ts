import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { OTHER_TENANT, testAdministration } from '../admin/administration.fixture.ts'
import { insertKey } from '../api-keys/api-keys.ts'
import { useKey } from '../api-keys/key-exchange.ts'
import { newKeyText } from '../api-keys/key-text.ts'
import { refusal } from '../refusal.fixture.ts'
import { TENANT } from '../service.fixture.ts'

let house: Awaited<ReturnType<typeof testAdministration>>
before(async () => {
  house = await testAdministration()
})
after(() => house.close())

const root = (...call: Parameters<ReturnType<typeof house.as>>) => house.as(house.superuser)(...call)
const newTenant = async (name = `tenant ${randomUUID()}`): Promise<string> =>
  (await root('POST', '/tenants', { payload: { name } })).body.id
const linesOf = async (target: string) => {
  const rows = await house.db
    .selectFrom('audit_events')
    .selectAll()
    .where('target', '=', target)
    .orderBy('id')
    .execute()
  return rows.map(({ actor, action, tenant_id, details }) => ({ actor, action, tenant_id, details }))
}

/** As its owner makes one. */
async function newKeyOf(sub: string): Promise<string> {
  const key = newKeyText()
  await house.db.transaction().execute(async (trx) => {
    const columns = ['sub', 'tenant_id', 'valid_from'] as const
    const owner = await trx.selectFrom('people').select(columns).where('sub', '=', sub).executeTakeFirstOrThrow()
    await insertKey(trx, owner, { key, name: 'k', scopes: ['meal'], now: new Date() })
  })
  return key
}

test('a tenant is made, renamed, suspended and resumed, each with its line, and gateways forget everybody', async () => {
  const { status, body } = await root('POST', '/tenants', { payload: { name: '법무법인 하나' } })
  const { id } = body
  const told = (await house.announced('"all":true', 1)).length
  assert.deepEqual([status, body.name, body.status], [201, '법무법인 하나', 'active'])
  assert.equal((await root('PATCH', `/tenants/${id}`, { payload: { name: '둘' } })).body.name, '둘')
  assert.equal((await root('POST', `/tenants/${id}/suspend`)).body.status, 'suspended')
  assert.deepEqual(refusal(await root('POST', `/tenants/${id}/suspend`)), [409, 'already-suspended'])
  assert.equal((await root('POST', `/tenants/${id}/resume`)).body.status, 'active')
  assert.deepEqual(refusal(await root('POST', `/tenants/${id}/resume`)), [409, 'not-suspended'])

  const line = { actor: house.superuser, tenant_id: id, details: {} }
  assert.deepEqual(await linesOf(id), [
    { ...line, action: 'tenant.created', details: { name: '법무법인 하나' } },
    { ...line, action: 'tenant.renamed', details: { from: '법무법인 하나', to: '둘' } },
    { ...line, action: 'tenant.suspended' },
    { ...line, action: 'tenant.resumed' },
  ])
  await house.announced('"all":true', told + 3)
})

test('tenants are listed by name in pages that join, those of one name too', async () => {
  for (let index = 0; index < 3; index += 1) await newTenant('같은 이름')
  const listed: string[] = []
  let cursor: string | undefined
  do {
    const { body } = await root('GET', `/tenants?limit=2${cursor ? `&cursor=${cursor}` : ''}`)
    listed.push(...body.tenants.map(({ id }: { id: string }) => id))
    cursor = body.next_cursor
  } while (cursor !== undefined)
  const all = await house.db.selectFrom('tenants').select('id').orderBy('name').orderBy('id').execute()

  assert.deepEqual(
    listed,
    all.map(({ id }) => id),
  )
  assert.deepEqual(refusal(await root('GET', '/tenants?cursor=bm8')), [400, 'invalid-request'])
})

test('only superusers see and change tenants, with a login of their own', async () => {
  const id = await newTenant()
  const admin = await house.seed({ role: 'ADMIN', sections: { 'admin-page': 'admin' } })
  const calls = [
    ['GET', '/tenants'],
    ['POST', '/tenants', { name: 'x' }],
    ['PATCH', `/tenants/${id}`, { name: 'x' }],
    ['POST', `/tenants/${id}/suspend`],
    ['POST', `/tenants/${id}/resume`],
  ] as const
  for (const [method, path, payload] of calls) {
    const call = payload && { payload }
    assert.deepEqual(refusal(await house.as(admin)(method, path, call)), [403, 'superuser-required'], path)
    if (method === 'GET') continue
    const byKey = await root(method, path, { ...call, claims: { scope: 'admin' } })
    assert.deepEqual(refusal(byKey), [403, 'own-login-required'], path)
  }
})

test('a tenant that is not there, and a name that is none, are refused', async () => {
  const absent = randomUUID()
  for (const path of [`${absent}/suspend`, `${absent}/resume`])
    assert.deepEqual(refusal(await root('POST', `/tenants/${path}`)), [404, 'tenant-not-found'])
  const payload = { name: 'x' }
  assert.deepEqual(refusal(await root('PATCH', `/tenants/${absent}`, { payload })), [404, 'tenant-not-found'])
  assert.deepEqual(refusal(await root('POST', '/tenants/x/suspend')), [400, 'invalid-request'])
  for (const bad of [
    { name: '' },
    { name: ' \t' },
    { name: 'x'.repeat(101) },
    { name: 'a\u0000' },
    { name: 'x', status: 'suspended' },
    {},
  ])
    assert.deepEqual(refusal(await root('POST', '/tenants', { payload: bad })), [400, 'invalid-request'])
})

test('nobody suspends the tenant they are in, however its id is spelled', async () => {
  for (const id of [TENANT, TENANT.toUpperCase()])
    assert.deepEqual(refusal(await root('POST', `/tenants/${id}/suspend`)), [409, 'own-tenant'])
  const home = (await newTenant()).toUpperCase()
  const other = await house.seed({ role: 'ADMIN', superuser: true, tenant_id: home })
  assert.deepEqual(refusal(await house.as(other)('POST', `/tenants/${home}/suspend`)), [409, 'own-tenant'])
})

test('an administrator of a suspended tenant is out until it is resumed', async () => {
  const id = await newTenant()
  const admin = await house.seed({ role: 'ADMIN', sections: { 'admin-page': 'admin' }, tenant_id: id })
  await root('POST', `/tenants/${id}/suspend`)

  for (const [method, path] of [
    ['GET', '/people'],
    ['POST', `/people/${admin}/disable`],
  ] as const)
    assert.deepEqual(refusal(await house.as(admin)(method, path)), [403, 'tenant-suspended'])
  await root('POST', `/tenants/${id}/resume`)
  assert.equal((await house.as(admin)('GET', '/people')).status, 200)
})

test('of two superusers who shut out each other at once one stays, by whichever way', async () => {
  for (let round = 0; round < 6; round += 1) {
    await house.db.updateTable('people').set({ superuser: false }).execute()
    const homes = [randomUUID(), randomUUID()] as const
    await house.db
      .insertInto('tenants')
      .values(homes.map((id) => ({ id, name: id })))
      .execute()
    const seed = (tenant_id: string) => house.seed({ role: 'ADMIN', superuser: true, tenant_id })
    const pair = [await seed(homes[0]), await seed(homes[1])] as const
    const payload = { role: 'USER' }
    const answers = await Promise.all([
      house.as(pair[0])('POST', `/tenants/${homes[1]}/suspend`),
      round % 2 === 0
        ? house.as(pair[1])('POST', `/tenants/${homes[0]}/suspend`)
        : house.as(pair[1])('PUT', `/people/${pair[0]}/role`, { payload }),
    ])

    assert.deepEqual(answers.map(({ status }) => status).toSorted(), [200, 403])
    const left = await house.db
      .selectFrom('people')
      .innerJoin('tenants', 'tenants.id', 'people.tenant_id')
      .select('sub')
      .where('superuser', '=', true)
      .where('tenants.status', '=', 'active')
      .execute()
    assert.equal(left.length, 1)
  }
  await house.db.updateTable('people').set({ superuser: true }).where('sub', '=', house.superuser).execute()
})

test('a person moved to another tenant starts anew there: sessions end, case roles go, no key opens anything', async () => {
  const sub = await house.seed({ role: 'staff', sections: { canvas: 'user' } })
  const { db } = house
  const session = { sid: `s-${sub}`, person_sub: sub, access_exp: 0, refresh_exp: 0, id_token_sealed: null }
  await db
    .insertInto('sessions')
    .values({ ...session, ended_at: null })
    .execute()
  await db
    .insertInto('case_roles')
    .values({ tenant_id: TENANT, case_id: 'c1', person_sub: sub, role: 'viewer' })
    .execute()
  const key = await newKeyOf(sub)
  assert.equal((await useKey({ db }, key)).person.tenant_id, TENANT)
  const now = Math.floor(Date.now() / 1000)
  const move = (tenant_id: string) => root('PUT', `/people/${sub}/tenant`, { payload: { tenant_id } })
  const { status, body } = await move(OTHER_TENANT.toUpperCase())

  assert.deepEqual([status, body.tenant_id, body.role], [200, OTHER_TENANT, 'staff'])
  const person = await db.selectFrom('people').select('valid_from').where('sub', '=', sub).executeTakeFirstOrThrow()
  assert.ok(person.valid_from > now)
  const ended = await db
    .selectFrom('sessions')
    .select('ended_at')
    .where('person_sub', '=', sub)
    .executeTakeFirstOrThrow()
  assert.notEqual(ended.ended_at, null)
  assert.deepEqual(await db.selectFrom('case_roles').select('role').where('person_sub', '=', sub).execute(), [])
  assert.equal((await move(OTHER_TENANT)).status, 200)
  const details = { from: TENANT, to: OTHER_TENANT }
  assert.deepEqual(await linesOf(sub), [
    { actor: house.superuser, action: 'person.tenant-set', tenant_id: TENANT, details },
  ])
  await house.announced(sub, 2)
  const refused = { status: 401, type: 'unknown-credential' }
  await assert.rejects(useKey({ db }, key), refused)
  assert.equal((await useKey({ db }, await newKeyOf(sub))).person.tenant_id, OTHER_TENANT)
  await move(TENANT)
  await assert.rejects(useKey({ db }, key), refused)
})

test('people are moved by superusers alone, to a tenant that is there, and nobody moves themselves', async () => {
  const admin = await house.seed({ role: 'ADMIN', sections: { 'admin-page': 'admin' } })
  const sub = await house.seed()
  const move = (actor: string, target: string, tenant_id = OTHER_TENANT) =>
    house.as(actor)('PUT', `/people/${target}/tenant`, { payload: { tenant_id } })

  assert.deepEqual(refusal(await move(admin, sub)), [403, 'superuser-required'])
  assert.deepEqual(refusal(await move(house.superuser, sub, randomUUID())), [400, 'invalid-request'])
  assert.deepEqual(refusal(await move(house.superuser, sub, 'x')), [400, 'invalid-request'])
  await house.seed({ role: 'ADMIN', superuser: true })
  assert.deepEqual(refusal(await move(house.superuser, house.superuser)), [403, 'own-rights'])
  assert.deepEqual(await linesOf(sub), [])
})
