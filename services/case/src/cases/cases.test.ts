import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, test } from 'node:test'
import { withTenant } from '@munjigi/db/tenant'
import { sql } from 'kysely'
import { type Answer, OTHER_TENANT, outcome, type Person, TENANT, testService, until } from '../service.fixture.ts'

const service = await testService()
after(() => service.close())
const { call, newCase, newPerson } = service
const manager = newPerson('manager')
const admin = newPerson('admin')

const listOf = async (person: Person, query = '') => {
  const answer = await call(person, 'GET', `/cases${query}`)
  assert.equal(answer.status, 200, answer.text)
  return answer.body
}
const idsOf = ({ cases }: { cases: { case_id: string }[] }) => cases.map(({ case_id }) => case_id)

/** Every route of a case, with a request that would pass. */
const routes = (id: string, other = randomUUID()) =>
  [
    ['GET', `/cases/${id}`],
    ['PATCH', `/cases/${id}`, { title: 'x' }],
    ['POST', `/cases/${id}/close`],
    ['POST', `/cases/${id}/reopen`],
    ['DELETE', `/cases/${id}`],
    ['GET', `/cases/${id}/members`],
    ['PUT', `/cases/${id}/members/somebody`, { role: 'viewer' }],
    ['DELETE', `/cases/${id}/members/somebody`],
    ['GET', `/cases/${id}/documents`],
    ['POST', `/cases/${id}/documents`, { title: 'x', body: '' }],
    ['GET', `/cases/${id}/documents/${other}`],
    ['PATCH', `/cases/${id}/documents/${other}`, { version: 1, body: 'z' }],
    ['DELETE', `/cases/${id}/documents/${other}`],
    ['GET', `/cases/${id}/documents/${other}/versions`],
    ['GET', `/cases/${id}/documents/${other}/versions/1`],
    ['GET', `/cases/${id}/approvals`],
    ['POST', `/cases/${id}/approvals`, {}],
    ['GET', `/cases/${id}/approvals/${other}`],
    ['POST', `/cases/${id}/approvals/${other}/decision`, { decision: 'approved' }],
  ] as const

test('whoever opens a case is its trustee', async () => {
  const made = await call(manager, 'POST', '/cases', { title: '회생 1호', description: 'first' })
  const { case_id, created_at, updated_at, ...rest } = made.body

  assert.equal(made.status, 201)
  assert.equal(new Date(created_at).toISOString(), created_at)
  assert.equal(updated_at, created_at)
  assert.deepEqual(rest, {
    title: '회생 1호',
    description: 'first',
    status: 'open',
    created_by: manager.sub,
    closed_at: null,
    own_role: 'trustee',
  })
  assert.deepEqual(service.user.grantsOf(case_id), [[manager.sub, 'trustee']])
  assert.deepEqual((await call(manager, 'GET', `/cases/${case_id}`)).body, made.body)
  assert.equal((await call(admin, 'GET', `/cases/${case_id.toUpperCase()}`)).body.own_role, null)
})

test('a change leaves the rest as it is', async () => {
  const id = await newCase(manager, 'Before')
  const changed = await call(manager, 'PATCH', `/cases/${id}`, { description: 'more' })

  assert.deepEqual([changed.body.title, changed.body.description], ['Before', 'more'])
  assert.ok(changed.body.updated_at > changed.body.created_at)
})

test('changes at once wait for each other and are all made', async () => {
  const id = await newCase(manager)
  const titles = ['One', 'Two', 'Three', 'Four']
  const answers = await Promise.all(titles.map((title) => call(manager, 'PATCH', `/cases/${id}`, { title })))

  assert.deepEqual(
    answers.map(({ body }) => body.title),
    titles,
  )
})

test('a list shows what its reader has a role in, newest first, by pages, status and part of the title', async () => {
  const reader = newPerson('manager')
  const ids = []
  for (const title of ['One 100%', 'Two', 'Three 100', 'Four', 'Five']) ids.unshift(await newCase(reader, title))
  await newCase(manager, 'One of another')
  await call(reader, 'POST', `/cases/${ids[0]}/close`)
  assert.deepEqual(idsOf(await listOf(reader)), ids)

  const pages = []
  let query: string | undefined = '?limit=2'
  while (query !== undefined) {
    const page: { cases: { case_id: string }[]; next_cursor?: string } = await listOf(reader, query)
    pages.push(idsOf(page))
    query = page.next_cursor && `?limit=2&cursor=${page.next_cursor}`
  }
  assert.deepEqual(pages, [ids.slice(0, 2), ids.slice(2, 4), ids.slice(4)])
  assert.deepEqual(idsOf(await listOf(reader, '?status=closed')), ids.slice(0, 1))
  assert.deepEqual(idsOf(await listOf(reader, '?search=T&status=open')), [ids[2], ids[3]])
  assert.deepEqual(idsOf(await listOf(reader, '?search=100%25')), ids.slice(4))
  assert.deepEqual(idsOf(await listOf(newPerson('viewer'))), [])
})

test('an administrator sees all of the tenant, and of no other', async () => {
  const stranger = newPerson('manager', OTHER_TENANT)
  const [own, others] = [await newCase(manager), await newCase(stranger)]
  const [here, there] = [idsOf(await listOf(admin)), idsOf(await listOf(newPerson('ADMIN', OTHER_TENANT)))]

  assert.ok(here.includes(own) && !here.includes(others))
  assert.deepEqual(there, [others])
})

test('a closed case is read and not written until it is opened again', async () => {
  const id = await newCase(manager)
  const document = (await call(manager, 'POST', `/cases/${id}/documents`, { title: 'x', body: 'y' })).body.document_id
  const approval = (await call(manager, 'POST', `/cases/${id}/approvals`, {})).body.approval_id
  const closed = await call(manager, 'POST', `/cases/${id}/close`)

  assert.equal(closed.body.status, 'closed')
  assert.equal(new Date(closed.body.closed_at).toISOString(), closed.body.closed_at)
  assert.equal(outcome(await call(manager, 'GET', `/cases/${id}/documents/${document}`)), '200')
  const writes = [
    await call(manager, 'POST', `/cases/${id}/close`),
    await call(manager, 'PATCH', `/cases/${id}`, { title: 'x' }),
    await call(manager, 'POST', `/cases/${id}/documents`, { title: 'x', body: '' }),
    await call(manager, 'PATCH', `/cases/${id}/documents/${document}`, { version: 1, body: 'z' }),
    await call(manager, 'DELETE', `/cases/${id}/documents/${document}`),
    await call(manager, 'POST', `/cases/${id}/approvals`, { document_id: document, version: 1 }),
    await call(admin, 'POST', `/cases/${id}/approvals/${approval}/decision`, { decision: 'approved' }),
  ]
  assert.deepEqual(new Set(writes.map(outcome)), new Set(['409 case-closed']))
  const opened = await call(manager, 'POST', `/cases/${id}/reopen`)
  assert.deepEqual([opened.body.status, opened.body.closed_at], ['open', null])
  assert.equal(outcome(await call(manager, 'POST', `/cases/${id}/reopen`)), '409 case-open')
  assert.equal(outcome(await call(manager, 'PATCH', `/cases/${id}`, { title: 'x' })), '200')
})

test('of many who close a case at once one does', async () => {
  const id = await newCase(manager)
  const answers = await Promise.all(Array.from({ length: 5 }, () => call(manager, 'POST', `/cases/${id}/close`)))

  assert.deepEqual(answers.map(outcome).toSorted(), ['200', ...Array(4).fill('409 case-closed')])
})

test('a deleted case is gone with all that was in it, and its case roles are withdrawn', async () => {
  const id = await newCase(manager)
  const document = (await call(manager, 'POST', `/cases/${id}/documents`, { title: 'x', body: 'y' })).body.document_id
  const asked = await call(manager, 'POST', `/cases/${id}/approvals`, { document_id: document, version: 1 })
  assert.equal(asked.status, 201)

  // However its id is spelled.
  assert.equal((await call(admin, 'DELETE', `/cases/${id.toUpperCase()}`)).status, 204)
  assert.equal(outcome(await call(admin, 'DELETE', `/cases/${id}`)), '404 case-not-found')
  await until('404 case-not-found', () => call(manager, 'GET', `/cases/${id}`))
  assert.deepEqual(service.user.grantsOf(id), [])
  assert.deepEqual(service.user.withdrawals.at(-1), { case_id: id, sub: manager.sub, actor: admin.sub })
  assert.deepEqual(await service.db.selectFrom('unsettled_grants').selectAll().execute(), [])
})

test("another tenant's case is answered as one that never was, byte for byte but request_id, on every route", async () => {
  const id = await newCase(manager)
  const nowhere = randomUUID()
  for (const role of ['manager', 'admin', 'ADMIN']) {
    const stranger = newPerson(role, OTHER_TENANT)
    const ask = async (of: string) => {
      const seen: string[] = []
      for (const [method, path, body] of routes(of)) {
        if (role === 'manager' && method === 'DELETE' && path.endsWith(of)) continue
        const answer = await call(stranger, method, path, body)
        assert.equal(outcome(answer), '404 case-not-found', `${method} ${path}`)
        seen.push(answer.text.replace(/"request_id":"[^"]*"/, ''))
      }
      return seen
    }
    assert.deepEqual(await ask(id), await ask(nowhere))
  }
  assert.equal(outcome(await call(manager, 'GET', `/cases/${id}`)), '200')
})

test('a role that user lists for another tenant opens nothing', async () => {
  const id = await newCase(manager)
  const stranger = newPerson('manager', OTHER_TENANT)
  service.user.setGrants([{ tenant_id: OTHER_TENANT, case_id: id, sub: stranger.sub, role: 'trustee' }])

  for (const [method, path, body] of routes(id))
    if (method !== 'DELETE' || !path.endsWith(id))
      assert.equal(outcome(await call(stranger, method, path, body)), '404 case-not-found', `${method} ${path}`)
  assert.deepEqual(idsOf(await listOf(stranger)), [])
})

test('requests of two tenants that alternate, with errors between, never see the other', async () => {
  const pairs = [manager, newPerson('manager', OTHER_TENANT)].map(async (person) => ({
    person,
    id: await newCase(person),
  }))
  const tenants = await Promise.all(pairs)
  async function ask(index: number) {
    const [own, other] = index % 2 ? tenants : tenants.toReversed()
    if (own === undefined || other === undefined) throw new Error('two tenants')
    if (index % 5 === 0) return assert.equal((await call(own.person, 'GET', '/cases?limit=0')).status, 400)
    if (index % 3 === 0)
      return assert.equal(outcome(await call(own.person, 'GET', `/cases/${other.id}`)), '404 case-not-found')
    const listed = idsOf(await listOf(own.person, '?limit=200'))
    assert.ok(listed.includes(own.id) && !listed.includes(other.id))
  }
  for (let index = 0; index < 200; index += 20)
    await Promise.all(Array.from({ length: 20 }, (_, step) => ask(index + step)))
})

test('every route refuses without a token, by another tenant’s header, and a token that is not ours', async () => {
  const id = await newCase(manager)
  const foreign = { 'x-tenant-id': OTHER_TENANT }
  for (const [method, path, body] of [['GET', '/cases'], ['POST', '/cases', { title: 'x' }], ...routes(id)] as const) {
    const init = {
      method,
      headers: { 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    }
    const anonymous = await fetch(`${service.url}/api/case/v1${path}`, init)
    assert.equal(anonymous.status, 401, `${method} ${path}`)
    const misled = await call(manager, method, path, body, { headers: foreign })
    assert.deepEqual([outcome(misled), misled.body.detail], ['403 tenant-mismatch', 'Tenant mismatch'])
    const forged = await call(manager, method, path, body, { claims: { iss: 'https://elsewhere' } })
    assert.equal(outcome(forged), '401 token-invalid')
  }
})

test('a token that names no role or an unknown one, and a client account, may nothing', async () => {
  const id = await newCase(manager)
  const refused = async (claims: object) => outcome(await call(manager, 'GET', `/cases/${id}`, undefined, { claims }))

  assert.equal(await refused({ permissions: [], role: 'Admin' }), '403 permission-required')
  assert.equal(await refused({ permissions: undefined, role: undefined }), '403 permission-required')
  for (const tenant_id of [undefined, null, '', 'x', `${TENANT}'; reset role`, [TENANT]])
    assert.equal(await refused({ tenant_id }), '403 platform-token-required', String(tenant_id))
})

test('case roles that a token claims count for nothing', async () => {
  const id = await newCase(manager)
  const liar = newPerson('attorney')
  const claims = { case_roles: { [id]: 'trustee' } }

  assert.equal(outcome(await call(liar, 'GET', `/cases/${id}`, undefined, { claims })), '403 case-role-required')
  const claimless = await call(manager, 'GET', `/cases/${id}`, undefined, { claims: { case_roles: {} } })
  assert.equal(outcome(claimless), '200')
})

test('a token held to other modules is refused, one held to this one serves, and changes no roles', async () => {
  const id = await newCase(manager)
  const scoped = (scope: string) => ({ claims: { scope } })
  const ask = (scope: string, path = `/cases/${id}`) => call(manager, 'GET', path, undefined, scoped(scope))

  assert.equal(outcome(await ask('meal session-station:proxy')), '403 scope-required')
  assert.equal(outcome(await ask('')), '403 scope-required')
  assert.equal(outcome(await ask('case:approvals')), '403 scope-required')
  for (const scope of ['case', 'meal case:cases']) assert.equal(outcome(await ask(scope)), '200')
  const somebody = newPerson('viewer')
  const member = `/cases/${id}/members/${somebody.sub}`
  assert.equal(
    outcome(await call(manager, 'PUT', member, { role: 'viewer' }, scoped('case'))),
    '403 own-login-required',
  )
  assert.equal(outcome(await call(manager, 'DELETE', member, undefined, scoped('case'))), '403 own-login-required')
})

test('what is no case, no change and no place in a list is 400 and names the field', async () => {
  const id = await newCase(manager)
  const field = ({ body }: Answer) => body?.faults?.[0]?.field
  const bad: [string, Answer][] = [
    ['title', await call(manager, 'POST', '/cases', {})],
    ['title', await call(manager, 'POST', '/cases', { title: ' ' })],
    ['title', await call(manager, 'POST', '/cases', { title: 'x'.repeat(201) })],
    ['title', await call(manager, 'POST', '/cases', { title: 'a\0b' })],
    ['created_by', await call(manager, 'POST', '/cases', { title: 'x', created_by: 'lee' })],
    ['tenant_id', await call(manager, 'POST', '/cases', { title: 'x', tenant_id: OTHER_TENANT })],
    ['status', await call(manager, 'PATCH', `/cases/${id}`, { status: 'closed' })],
    ['body', await call(manager, 'PATCH', `/cases/${id}`, {})],
    ['title', await call(manager, 'PATCH', `/cases/${id}`, { title: null })],
    ['case_id', await call(manager, 'GET', '/cases/1')],
    ['limit', await call(manager, 'GET', '/cases?limit=201')],
    ['status', await call(manager, 'GET', '/cases?status=lost')],
    ['cursor', await call(manager, 'GET', '/cases?cursor=e30')],
    ['cursor', await call(manager, 'GET', `/cases?cursor=${Buffer.from('["x","y"]').toString('base64url')}`)],
    ['tenant_id', await call(manager, 'GET', `/cases?tenant_id=${TENANT}`)],
  ]
  for (const [name, answer] of bad) assert.deepEqual([outcome(answer), field(answer)], ['400 invalid-request', name])
})

test('OpenAPI says of every route what it needs', async () => {
  const response = await fetch(`${service.url}/api/case/openapi.json`)
  const { paths } = (await response.json()) as { paths: Record<string, Record<string, Record<string, string[]>>> }
  const needs = (path: string, method: string) => paths[`/api/case/v1${path}`]?.[method] ?? {}
  const operations = Object.values(paths).flatMap((item) => Object.values(item))
  assert.equal(operations.length, routes('x').length + 2)
  for (const operation of operations)
    assert.ok('x-permission' in operation || 'x-any-of' in operation, String(operation.summary))
  assert.equal(needs('/cases', 'post')['x-permission'], 'case:create')
  assert.deepEqual(needs('/cases/{case_id}', 'patch')['x-case-role'], ['trustee'])
  assert.equal(needs('/cases/{case_id}/approvals/{approval_id}/decision', 'post')['x-any-of']?.length, 2)
  const ownLogin = operations.filter((operation) => 'x-own-login' in operation).map(({ tags }) => tags)
  assert.deepEqual(ownLogin, [['members'], ['members']])
})

test('cases and requests made in one millisecond are listed once each, whatever their ids', async () => {
  const tenant_id = crypto.randomUUID()
  const asker = newPerson('admin', tenant_id)
  const ids = ['ffffffff-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000002']
  await withTenant(service.db, tenant_id, async (trx) => {
    for (const [at, id] of ids.entries())
      await sql`insert into cases.cases (tenant_id, case_id, title, created_by, created_at)
        values (${tenant_id}, ${id}, 'x', 'lee', ${`2026-01-01T00:00:00.00010${at}Z`}::timestamptz)`.execute(trx)
    for (const [at, id] of ids.entries())
      await sql`insert into cases.approvals (tenant_id, case_id, approval_id, document_id, comment, requested_by, requested_at,
          decision, decision_comment, decided_by, decided_at)
        values (${tenant_id}, ${ids[0]}, ${id}, null, '', 'lee', ${`2026-01-01T00:00:00.00010${at}Z`}::timestamptz,
          'approved', '', 'kim', now())`.execute(trx)
  })
  for (const [path, rows, id] of [
    ['/cases', 'cases', 'case_id'],
    [`/cases/${ids[0]}/approvals`, 'approvals', 'approval_id'],
  ] as const) {
    const first = (await call(asker, 'GET', `${path}?limit=1`)).body
    const rest = (await call(asker, 'GET', `${path}?limit=1&cursor=${first.next_cursor}`)).body
    assert.deepEqual(
      [...first[rows], ...rest[rows]].map((row) => row[id]),
      ids.toReversed(),
    )
  }
})
