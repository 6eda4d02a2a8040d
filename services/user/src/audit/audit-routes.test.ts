import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { sql } from 'kysely'
import { OTHER_TENANT, testAdministration } from '../admin/administration.fixture.ts'

let house: Awaited<ReturnType<typeof testAdministration>>
before(async () => {
  house = await testAdministration()
})
after(() => house.close())

interface Line {
  id: string
  action: string
  target: string
}

test('the log is read newest first, page by page, by who, whom and what', async () => {
  const root = house.as(house.superuser)
  const sub = await house.seed({ role: 'PENDING' })
  for (const path of ['approve', 'disable', 'enable']) await root('POST', `/people/${sub}/${path}`)
  const first = (await root('GET', `/audit-events?target=${sub}&limit=2`)).body
  const second = (await root('GET', `/audit-events?target=${sub}&limit=2&cursor=${first.next_cursor}`)).body

  const actions = [...first.events, ...second.events].map(({ action }: Line) => action)
  assert.deepEqual(actions, ['person.enabled', 'person.disabled', 'person.approved'])
  assert.equal(second.next_cursor, undefined)
  const filtered = (await root('GET', `/audit-events?action=person.dis&actor=${house.superuser}`)).body.events
  assert.deepEqual(
    filtered.map(({ target }: Line) => target),
    [sub],
  )
  const future = (await root('GET', '/audit-events?from=2999-01-01T00:00:00Z')).body.events
  assert.deepEqual(future, [])
})

test("an administrator sees the log of the own tenant's people alone, whichever tenant they ask for", async () => {
  const foreign = await house.seed({ role: 'PENDING', tenant_id: OTHER_TENANT })
  const local = await house.seed({ role: 'PENDING' })
  const root = house.as(house.superuser)
  for (const sub of [foreign, local]) await root('POST', `/people/${sub}/approve`)
  const call = house.as(await house.seed({ role: 'ADMIN', sections: { 'admin-page': 'admin' } }))
  const targetsOf = async (query: string) =>
    (await call('GET', `/audit-events?limit=200${query}`)).body.events.map(({ target }: Line) => target)
  const targets = await targetsOf('')

  assert.ok(targets.includes(local))
  assert.ok(!targets.includes(foreign))
  assert.deepEqual(await targetsOf(`&tenant_id=${OTHER_TENANT}`), targets)
})

test('the role that serves may neither change nor remove a line of the log', async () => {
  await assert.rejects(house.db.deleteFrom('audit_events').execute(), { code: '42501' })
  await assert.rejects(house.db.updateTable('audit_events').set({ actor: sql<string>`'nobody'` }).execute(), {
    code: '42501',
  })
})
