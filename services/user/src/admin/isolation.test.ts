import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { identity } from '@munjigi/identity/user-context'
import type { Transaction } from 'kysely'
import { TENANT } from '../service.fixture.ts'
import type { Tables } from '../tables.ts'
import { OTHER_TENANT, testAdministration } from './administration.fixture.ts'
import { administer } from './administrator.ts'
import { sampleOf } from './sample.fixture.ts'

/** PGlite's one connection takes a statement at a time: fewer show the same. */
const REQUESTS = process.env.MUNJIGI_TEST_DATABASE_URL ? 1_000 : 250

type House = Awaited<ReturnType<typeof testAdministration>>
type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** Statements that forgot to say whose. */
async function carelessly(trx: Transaction<Tables>) {
  const people = await trx.selectFrom('people').select('tenant_id').distinct().execute()
  const lines = await trx.selectFrom('audit_events').select('tenant_id').distinct().execute()
  const changed = await trx.updateTable('people').set({ theme_preference: 'dark' }).returning('tenant_id').execute()
  return [people, lines, changed].map((rows) => new Set(rows.map(({ tenant_id }) => tenant_id)).size)
}

let house: House
let url: string
before(async () => {
  house = await testAdministration()
  house.app.register(async (careless) => {
    identity(careless, { verifier: house.verifier })
    careless.get('/api/admin/v1/careless', (request) => administer(house.db, request, carelessly))
  })
  url = await house.app.listen({ host: '127.0.0.1', port: 0 })
})
after(() => house.close())

const administrator = (tenant_id?: string) =>
  house.seed({ role: 'ADMIN', sections: { 'admin-page': 'admin' }, ...(tenant_id && { tenant_id }) })

/** Somebody's own way of asking, over a connection. */
function caller(sub: string) {
  const headers = { authorization: `Bearer ${house.issuer.token({ sub })}`, 'x-user-sub': sub }
  const ask = async (method: Method, path: string, payload?: unknown) => {
    const body = payload === undefined ? {} : { body: JSON.stringify(payload) }
    const type = payload === undefined ? {} : { 'content-type': 'application/json' }
    const answer = await fetch(`${url}/api/admin/v1${path}`, { method, headers: { ...headers, ...type }, ...body })
    const { date: _date, 'x-request-id': _id, ...told } = Object.fromEntries(answer.headers)
    const text = await answer.text()
    return { status: answer.status, told, text, json: () => JSON.parse(text) }
  }
  // A database that is too busy says so, and is asked again.
  return async (...call: Parameters<typeof ask>) => {
    for (const until = Date.now() + 10_000; ; ) {
      const answer = await ask(...call)
      if (answer.status !== 503 || Date.now() > until) return answer
    }
  }
}

test('another tenant’s person is absent on every route that names one, byte for byte', async () => {
  const ask = caller(await administrator())
  await caller(house.superuser)('POST', '/groups', { id: 'team', title: 'team', sections: [] })
  const own = await house.seed()
  const theirs = await house.seed({ tenant_id: OTHER_TENANT })
  const key = { person_sub: theirs, name: 'k', prefix: 'p', secret_hash: 'h', scopes: '["meal"]' }
  const { key_id } = await house.db
    .insertInto('api_keys')
    .values({ ...key, tenant_id: OTHER_TENANT, expires_at: null, last_used_at: null, revoked_at: null })
    .returning('key_id')
    .executeTakeFirstOrThrow()
  const document = (await house.app.inject('/api/admin/openapi.json')).json()
  const naming = Object.keys(document.paths).filter((path) => path.includes('{sub}'))
  assert.ok(naming.length >= 10, String(naming))

  for (const path of naming)
    for (const [method, { requestBody }] of Object.entries<{ requestBody?: object }>(document.paths[path])) {
      const schema = (requestBody as { content?: Record<string, { schema: object }> } | undefined)?.content
      const payload = schema && sampleOf(schema['application/json']?.schema ?? {})
      const at = (sub: string, keyId: string) =>
        path.replace('/api/admin/v1', '').replace('{sub}', sub).replace('{id}', 'team').replace('{key_id}', keyId)
      const send = (sub: string, keyId: string) => ask(method.toUpperCase() as Method, at(sub, keyId), payload)
      const there = await send(theirs, key_id)
      const absent = await send(randomUUID(), randomUUID())
      const without = (text: string) => text.replace(/"request_id":"[^"]+"/, '')

      assert.equal(there.status, 404, `${method} ${path} ${there.text}`)
      assert.equal(there.json().type, '/problems/person-not-found', path)
      assert.deepEqual([there.told, without(there.text)], [absent.told, without(absent.text)], path)
    }
  assert.equal((await ask('GET', `/people/${own}`)).status, 200)
  assert.equal((await ask('GET', `/people/${theirs}/sessions`)).status, 404)
})

test(`${REQUESTS} interleaved requests of two tenants and a superuser, with errors between, never show another tenant`, async () => {
  const tenants = await Promise.all(
    [undefined, OTHER_TENANT].map(async (tenant_id) => {
      const seeds = Array.from({ length: 3 }, () => house.seed({ role: 'staff', ...(tenant_id && { tenant_id }) }))
      const people = await Promise.all(seeds)
      return { ask: caller(await administrator(tenant_id)), people }
    }),
  )
  const rows = await house.db.selectFrom('people').select(['sub', 'tenant_id']).execute()
  const tenantOf = new Map(rows.map(({ sub, tenant_id }) => [sub, tenant_id]))
  const root = caller(house.superuser)
  const tenantsIn = (people: { sub: string }[]) => [...new Set(people.map(({ sub }) => tenantOf.get(sub)))]

  /** Asks, and what it must have come to. */
  const requests: ((index: number) => Promise<void>)[] = [
    async (index) => {
      const { ask, people } = tenants[index % 2] as (typeof tenants)[0]
      const { people: listed } = (await ask('GET', '/people?limit=20')).json()
      assert.deepEqual(tenantsIn(listed), [tenantOf.get(people[0] as string)])
    },
    async (index) => {
      const [here, there] = [tenants[index % 2], tenants[(index + 1) % 2]] as typeof tenants
      assert.equal((await here?.ask('GET', `/people/${here.people[index % 3]}`))?.status, 200)
      assert.equal((await here?.ask('GET', `/people/${there?.people[index % 3]}`))?.status, 404)
    },
    async (index) => {
      const { ask, people } = tenants[index % 2] as (typeof tenants)[0]
      const role = ['staff', 'viewer'][index % 4 < 2 ? 0 : 1]
      assert.equal((await ask('PUT', `/people/${people[index % 3]}/role`, { role })).status, 200)
    },
    async (index) => {
      const [here, there] = [tenants[index % 2], tenants[(index + 1) % 2]] as typeof tenants
      const role = { role: 'manager' }
      assert.equal((await here?.ask('PUT', `/people/${there?.people[index % 3]}/role`, role))?.status, 404)
    },
    // Refused inside the transaction, which is rolled back.
    async (index) => {
      const { ask, people } = tenants[index % 2] as (typeof tenants)[0]
      const sections = { sections: [{ id: 'canvas', level: 'admin' }] }
      assert.equal((await ask('PUT', `/people/${people[index % 3]}/sections`, sections)).status, 403)
    },
    async (index) => {
      const { ask } = tenants[index % 2] as (typeof tenants)[0]
      assert.equal((await ask('GET', '/people?cursor=bm8')).status, 400)
    },
    async (index) => {
      const { ask, people } = tenants[index % 2] as (typeof tenants)[0]
      const { events } = (await ask('GET', '/audit-events?limit=5')).json()
      const targets = tenantsIn(events.map(({ target }: { target: string }) => ({ sub: target })))
      assert.ok(targets.every((tenant) => tenant === tenantOf.get(people[0] as string)))
    },
    async () => {
      const { people: listed } = (await root('GET', '/people?limit=20')).json()
      assert.equal(tenantsIn(listed).length, 2)
    },
  ]
  let sent = 0
  const next = async () => {
    while (sent < REQUESTS) {
      sent += 1
      await requests[(sent * 5) % requests.length]?.(sent >> 1)
    }
  }
  await Promise.all(Array.from({ length: 8 }, next))
  const changed = await house.db.selectFrom('people').select('role').where('role', '=', 'manager').execute()

  assert.deepEqual(changed, [])
})

test('a name at the IdP is no oracle: who may not give any learns nothing of those that are given', async () => {
  const ask = caller(await administrator())
  const own = await house.seed()
  const theirs = await house.seed({ tenant_id: OTHER_TENANT })
  const rebind = (sub: string) => ask('PUT', `/people/${own}/sso-name`, { issuer: 'https://idp', sub })
  const [taken, free] = [await rebind(`idp-${theirs}`), await rebind('nobody')]

  assert.deepEqual([taken.status, taken.json().type], [403, '/problems/superuser-required'])
  assert.deepEqual({ ...taken.json(), request_id: '' }, { ...free.json(), request_id: '' })
})

test('inside a tenant the database itself shows and changes no other, whatever a statement forgot', async () => {
  const [here, there] = [await administrator(), await administrator(OTHER_TENANT)]
  for (const actor of [here, there]) {
    const sub = await house.seed({ tenant_id: actor === here ? TENANT : OTHER_TENANT })
    assert.equal((await caller(actor)('PUT', `/people/${sub}/role`, { role: 'viewer' })).status, 200)
  }

  for (const actor of [here, there]) assert.deepEqual((await caller(actor)('GET', '/careless')).json(), [1, 1, 1])
  assert.deepEqual((await caller(house.superuser)('GET', '/careless')).json(), [2, 3, 2])
})
