import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { withTenant } from '@munjigi/db/tenant'
import { type TestDatabase, testDatabase } from '@munjigi/testing/database'
import { assertByIndex, plansOf } from '@munjigi/testing/query-plans'
import { type Kysely, type SqlBool, sql } from 'kysely'
import { type EventsQuery, listEvents } from '../audit/events.ts'
import { migrationPlan } from '../migrations/plan.ts'
import type { PeopleFilter } from '../people/people-filter.ts'
import { people } from '../people/people-list.ts'
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
      { id: 'few', title: 'Few' },
    ])
    .execute()
  await fill()
  await testing.asOwner('analyze users.audit_events')
  await testing.asOwner('analyze users.people')
  await testing.asOwner('analyze users.person_terms')
  await testing.asOwner('analyze users.group_members')
})
after(() => testing.close())

/** One in a hundred is of the small tenant, one in ten has a family name; approvals are old, and rejections rare. By the owner, whose statements may take their time. */
async function fill() {
  const each = `generate_series(0, ${ROWS - 1}) as i`
  const tenant = `(case when i % 100 = 0 then '${SMALL}' else '${LARGE}' end)::uuid`
  await testing.asOwner(`
    insert into users.people (sub, user_id, username_kr, deptname_kr, role, tenant_id, created_at)
    select 'p' || i, 'login' || i, substr('김이박최정강조윤장임', i / 7 % 10 + 1, 1) || chr(44032 + i % 11000),
      case when i % 100 = 0 then '지사' when i < 400 then '신사업' else '' end,
      case when i % 5000 = 7 then 'PENDING' else 'USER' end,
      ${tenant}, now() - i * interval '1 minute'
    from ${each}`)
  await testing.asOwner(`
    insert into users.group_members (group_id, person_sub)
    select case when i % 100 = 0 then 'branch' else 'house' end, 'p' || i from ${each}
    union all select 'few', 'p' || i from ${each} where i % 2000 = 17`)
  await testing.asOwner(`
    insert into users.audit_events (at, actor, action, target, tenant_id)
    select now() - (${ROWS} - i) * interval '1 minute', 'p' || i % 500,
      case when i < 2000 then 'person.approved' when i % 4000 = 9 then 'person.rejected' else 'session.started' end,
      'p' || i, ${tenant}
    from ${each}`)
}

const BIG = ['people', 'audit_events', 'person_terms', 'group_members']

/** As a superuser asks, of all tenants or one, and as an administrator of either tenant does. */
async function assertListed(
  name: string,
  list: (db: Kysely<Tables>, tenant: { tenant_id?: string }) => Promise<unknown>,
) {
  assertByIndex(await plansOf(db, (handle) => list(handle, {})), { big: BIG, mostRead: MOST_READ, name })
  for (const tenant_id of TENANTS) {
    const narrowed = await plansOf(db, (handle) => list(handle, { tenant_id }))
    assertByIndex(narrowed, { big: BIG, mostRead: MOST_READ, name: `${name}, superuser, tenant ${tenant_id}` })
    await withTenant(db, tenant_id, async (trx) => {
      const plans = await plansOf(trx, (handle) => list(handle, { tenant_id }))
      assertByIndex(plans, { big: BIG, mostRead: MOST_READ, name: `${name}, tenant ${tenant_id}` })
    })
  }
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

const ASKED: Record<string, Omit<PeopleFilter, 'limit'>> = {
  oldest: {},
  'who waits': { role: 'PENDING' },
  'who was rejected': { status: 'rejected' },
  'a login id': { search: 'login1234' },
  'a given name': { search: '낙' },
  'a family name': { search: '김' },
  'what everybody has': { search: 'login' },
  'what nobody has': { search: 'zzz' },
  'what one tenant alone has': { search: '지사' },
  'what the newest have': { search: '신사업' },
  'a group of the small tenant': { group_id: 'branch' },
  'a group of the large tenant': { group_id: 'house' },
  'a small group': { group_id: 'few' },
  'a name and a role': { search: '김', role: 'PENDING' },
  'a name and a status': { search: '김', status: 'active' },
}

test('every page of people is found by index, whatever it is asked for', async () => {
  for (const [name, query] of Object.entries(ASKED)) {
    const asked = { ...query, limit: 50 }
    await assertListed(name, (handle, tenant) => people(handle).list({ ...asked, ...tenant }))
    const { next_cursor: cursor } = await people(db).list(asked)
    if (cursor !== undefined)
      await assertListed(`${name}, a later page`, (handle, tenant) =>
        people(handle).list({ ...asked, ...tenant, cursor }),
      )
  }
})

test('the pages of people join to all who fit, oldest first', async () => {
  for (const [name, query] of Object.entries(ASKED)) {
    const filter = { ...query, limit: 200 }
    const seen: string[] = []
    let cursor: string | undefined
    do {
      const page = await people(db).list({ ...filter, ...(cursor && { cursor }) })
      seen.push(...page.people.map(({ sub }) => sub))
      cursor = seen.length < 1_000 ? page.next_cursor : undefined
    } while (cursor)
    assert.deepEqual(seen, (await fittingSubs(query)).slice(0, seen.length), name)
    if (seen.length < 1_000) assert.equal(seen.length, (await fittingSubs(query)).length, name)
  }
})

/** By the rows of people alone. */
async function fittingSubs({ search = '', role, status, group_id }: Omit<PeopleFilter, 'limit'>): Promise<string[]> {
  const rows = await db
    .selectFrom('people')
    .select('sub')
    .where(sql<SqlBool>`(user_id || ' ' || username_kr || ' ' || deptname_kr) like ${`%${search}%`}`)
    .$if(role !== undefined, (query) => query.where('role', '=', role as string))
    .$if(status !== undefined, (query) => query.where('status', '=', status as 'active'))
    .$if(group_id !== undefined, (query) =>
      query.where(
        'sub',
        'in',
        db
          .selectFrom('group_members')
          .select('person_sub')
          .where('group_id', '=', group_id as string),
      ),
    )
    .orderBy('created_at')
    .orderBy('sub')
    .execute()
  return rows.map(({ sub }) => sub)
}
