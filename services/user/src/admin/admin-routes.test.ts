import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { after, before, test } from 'node:test'
import { refusal } from '../refusal.fixture.ts'
import { OTHER_TENANT, testAdministration } from './administration.fixture.ts'

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
})

test('docs/administration.md names every route of the module, and which ones are for superusers', async () => {
  const { paths } = (await house.app.inject('/api/admin/openapi.json')).json()
  const served = Object.entries<Record<string, Record<string, unknown>>>(paths).flatMap(([path, item]) =>
    Object.entries(item).map(
      ([method, says]) =>
        `${method.toUpperCase()} ${path.slice('/api/admin/v1'.length)}${says['x-superuser'] ? ' superusers' : ''}`,
    ),
  )
  const page = await readFile(new URL('../../../../docs/administration.md', import.meta.url), 'utf8')
  const rows = [...page.matchAll(/^\| (`[A-Z].*`) \|.*\| (superusers )?\|$/gm)]
  const named = rows.flatMap(([, routes = '', superusers]) =>
    [...routes.matchAll(/`([A-Z]+ [^ `]+)[^`]*`/g)].map(([, route]) => `${route}${superusers ? ' superusers' : ''}`),
  )

  assert.deepEqual(named.toSorted(), served.toSorted())
})

test('the document says of every route which section it needs, and which ones only superusers may use', async () => {
  const { paths } = (await house.app.inject('/api/admin/openapi.json')).json()
  const operations = Object.entries<Record<string, Record<string, unknown>>>(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, says]) => ({ name: `${method} ${path.slice('/api/admin/v1'.length)}`, says })),
  )
  const withPermission = operations.filter(({ says }) => says['x-permission'] === 'tenant:manage')
  const forSuperusers = operations.filter(({ says }) => says['x-superuser'] === true).map(({ name }) => name)

  for (const { name, says } of operations)
    assert.deepEqual(says['x-section'], { id: 'admin-page', level: 'admin' }, name)
  assert.equal(withPermission.length, 5)
  assert.deepEqual(forSuperusers.sort(), [
    'delete /groups/{id}',
    'delete /sections/{id}',
    'get /notices',
    'get /tenants',
    'patch /groups/{id}',
    'patch /sections/{id}',
    'patch /tenants/{id}',
    'post /groups',
    'post /notices/{id}/retry',
    'post /sections',
    'post /tenants',
    'post /tenants/{id}/resume',
    'post /tenants/{id}/suspend',
    'put /people/{sub}/sso-name',
    'put /people/{sub}/superuser',
    'put /people/{sub}/tenant',
  ])
})

test('an API key of a superuser is refused where the document asks for a login of one’s own, and nowhere else', async () => {
  const { paths } = (await house.app.inject('/api/admin/openapi.json')).json()
  const root = house.as(await house.seed({ role: 'ADMIN', superuser: true }))
  const sub = await house.seed()
  const titles = { title_ko: 'x', title_en: 'x' }
  const bodies: Record<string, object> = {
    'PUT /people/{sub}/role': { role: 'viewer' },
    'PUT /people/{sub}/superuser': { superuser: false },
    'PUT /people/{sub}/sections': { sections: [] },
    'PUT /people/{sub}/groups': { groups: [] },
    'PUT /people/{sub}/tenant': { tenant_id: OTHER_TENANT },
    'PUT /people/{sub}/sso-name': { issuer: 'https://idp', sub: 'x' },
    'POST /sections': { id: 'asked', ...titles },
    'PATCH /sections/{id}': titles,
    'POST /groups': { id: 'asked', title: 'x', sections: [] },
    'PATCH /groups/{id}': { title: 'x' },
    'POST /tenants': { name: 'x' },
    'PATCH /tenants/{id}': { name: 'x' },
  }
  const idUnder = (path: string) =>
    path.startsWith('/tenants') ? OTHER_TENANT : path.startsWith('/notices') ? '1' : 'asked'
  const told: string[] = []
  const refused: string[] = []
  for (const [fullPath, item] of Object.entries<Record<string, Record<string, unknown>>>(paths))
    for (const [method, says] of Object.entries(item)) {
      const path = fullPath.slice('/api/admin/v1'.length)
      const name = `${method.toUpperCase()} ${path}`
      const url = path.replace('{sub}', sub).replace('{key_id}', sub).replace('{id}', idUnder(path))
      const call = { claims: { scope: 'admin' }, ...(bodies[name] && { payload: bodies[name] }) }
      const [status, type] = refusal(await root(method.toUpperCase() as 'GET', url, call))
      assert.notEqual(status, 400, `${name}: ${type}`)
      if (says['x-own-login'] === true) told.push(name)
      if (type === 'own-login-required') refused.push(name)
    }

  assert.ok(refused.length > 25)
  assert.deepEqual(told, refused)
})

test('nobody but a superuser gets further at what the document keeps for superusers', async () => {
  const as = house.as(await admin())
  const sub = await house.seed({ role: 'USER' })
  const id = 'anything'
  const asked: [Parameters<typeof as>[0], string, object?][] = [
    ['DELETE', `/groups/${id}`],
    ['PATCH', `/groups/${id}`, { title: 'x' }],
    ['POST', '/groups', { id, title: 'x', sections: [] }],
    ['DELETE', `/sections/${id}`],
    ['PATCH', `/sections/${id}`, { title_ko: 'x' }],
    ['POST', '/sections', { id, title_ko: 'x', title_en: 'x' }],
    ['GET', '/notices'],
    ['POST', '/notices/1/retry'],
    ['PUT', `/people/${sub}/superuser`, { superuser: true }],
  ]
  for (const [method, path, body] of asked)
    assert.deepEqual(
      refusal(await as(method, path, body && { payload: body })),
      [403, 'superuser-required'],
      `${method} ${path}`,
    )
})
