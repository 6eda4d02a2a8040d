import { after, before, test } from 'node:test'
import { withTenant } from '@munjigi/db/tenant'
import { type TestDatabase, testDatabase } from '@munjigi/testing/database'
import { assertByIndex, plansOf } from '@munjigi/testing/query-plans'
import type { Kysely } from 'kysely'
import { type EventsQuery, listEvents } from '../audit/events.ts'
import { migrationPlan } from '../migrations/plan.ts'
import { type PeopleFilter, people } from '../people/people-list.ts'
import { servingHandle } from '../serving-handle.ts'
import type { Tables } from '../tables.ts'

const TENANTS = ['00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000002'] as const
const [LARGE, SMALL] = TENANTS
const ROWS = 20_000
/** What a page of 50 may touch of them; a walk through all of either table is far above. */
const MOST_READ = 4_000

let testing: TestDatabase
let db: Kysely<Tables>
before(async () => {
  testing = await testDatabase(migrationPlan)
  db = servingHandle(testing.database)
  await db
    .insertInto('tenants')
    .values(TENANTS.map((id) => ({ id, name: id })))
    .execute()
  await db
    .insertInto('groups')
    .values([
      { id: 'branch', title: 'Branch' },
      { id: 'house', title: 'House' },
    ])
    .execute()
  await fill()
  await testing.asOwner('analyze users.audit_events')
  await testing.asOwner('analyze users.people')
  await testing.asOwner('analyze users.person_terms')
  await testing.asOwner('analyze users.group_members')
})
after(() => testing.close())

/** One in a hundred is of the small tenant; approvals are old, and rejections rare. By the owner, whose statements may take their time. */
async function fill() {
  const each = `generate_series(0, ${ROWS - 1}) as i`
  const tenant = `(case when i % 100 = 0 then '${SMALL}' else '${LARGE}' end)::uuid`
  await testing.asOwner(`
    insert into users.people (sub, user_id, username_kr, deptname_kr, role, tenant_id, created_at)
    select 'p' || i, 'login' || i, '김' || chr(44032 + i % 11000),
      case when i % 100 = 0 then '지사' when i < 400 then '신사업' else '' end,
      case when i % 5000 = 7 then 'PENDING' else 'USER' end,
      ${tenant}, now() - i * interval '1 minute'
    from ${each}`)
  await testing.asOwner(`
    insert into users.group_members (group_id, person_sub)
    select case when i % 100 = 0 then 'branch' else 'house' end, 'p' || i from ${each}`)
  await testing.asOwner(`
    insert into users.audit_events (at, actor, action, target, tenant_id)
    select now() - (${ROWS} - i) * interval '1 minute', 'p' || i % 500,
      case when i < 2000 then 'person.approved' when i % 4000 = 9 then 'person.rejected' else 'session.started' end,
      'p' || i, ${tenant}
    from ${each}`)
}

const BIG = ['people', 'audit_events', 'person_terms', 'group_members']

/** As a superuser asks, and as an administrator of either tenant does. */
async function assertListed(
  name: string,
  list: (db: Kysely<Tables>, tenant: { tenant_id?: string }) => Promise<unknown>,
) {
  assertByIndex(await plansOf(db, (handle) => list(handle, {})), { big: BIG, mostRead: MOST_READ, name })
  for (const tenant_id of TENANTS)
    await withTenant(db, tenant_id, async (trx) => {
      const plans = await plansOf(trx, (handle) => list(handle, { tenant_id }))
      assertByIndex(plans, { big: BIG, mostRead: MOST_READ, name: `${name}, tenant ${tenant_id}` })
    })
}

test('every page of the audit log is found by index, whatever it is asked for', async () => {
  const old = new Date(Date.now() - 15_000 * 60_000).toISOString()
  const { next_cursor = '' } = await listEvents(db, { limit: 50, until: old })
  const asked: Record<string, Omit<EventsQuery, 'limit'>> = {
    newest: {},
    'by who': { actor: 'p77' },
    'by whom': { target: 'p4711' },
    'by nobody': { actor: 'nobody' },
    'an action of long ago': { action: 'person.approved' },
    'a rare action': { action: 'person.rej' },
    'a beginning of several': { action: 'person.' },
    'no action': { action: 'nothing.' },
    'a time of long ago': { until: old },
    'a time and an action': { until: old, action: 'session.' },
    'a later page': { cursor: next_cursor },
    'a later page of an action': { cursor: next_cursor, action: 'person.' },
  }
  for (const [name, query] of Object.entries(asked))
    await assertListed(name, (handle, tenant) => listEvents(handle, { ...query, ...tenant, limit: 50 }))
})

test('every page of people is found by index, whatever it is asked for', async () => {
  const { next_cursor = '' } = await people(db).list({ limit: 50 })
  const asked: Record<string, Omit<PeopleFilter, 'limit'>> = {
    oldest: {},
    'a later page': { cursor: next_cursor },
    'who waits': { role: 'PENDING' },
    'who was rejected': { status: 'rejected' },
    'a login id': { search: 'login1234' },
    'a given name': { search: '낙' },
    'what everybody has': { search: 'login' },
    'what nobody has': { search: 'zzz' },
    'what one tenant alone has': { search: '지사' },
    'what the newest have': { search: '신사업' },
    'a group of the small tenant': { group_id: 'branch' },
    'a group of the large tenant': { group_id: 'house' },
    'a name and a role': { search: '김', role: 'PENDING' },
  }
  for (const [name, query] of Object.entries(asked))
    await assertListed(name, (handle, tenant) => people(handle).list({ ...query, ...tenant, limit: 50 }))
})
