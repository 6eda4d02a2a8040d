import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { type TestDatabase, testDatabase } from '@munjigi/testing/database'
import { eventually } from '@munjigi/testing/eventually'
import { type Kysely, sql } from 'kysely'
import { groups, setGroups } from '../groups/groups.ts'
import { migrationPlan } from '../migrations/plan.ts'
import { setSections } from '../people/person-changes.ts'
import { TENANT } from '../service.fixture.ts'
import { commandHandle } from '../serving-handle.ts'
import type { Tables } from '../tables.ts'
import type { PersonChange } from './person-change.ts'

let testing: TestDatabase
/** However slow the machine, what is held is held until the end. */
let db: Kysely<Tables>
before(async () => {
  testing = await testDatabase(migrationPlan)
  db = commandHandle(testing.database)
  await db.insertInto('tenants').values({ id: TENANT, name: 'demo' }).execute()
  await db
    .insertInto('groups')
    .values(['first', 'second'].map((id) => ({ id, title: id })))
    .execute()
})
after(() => testing.close())

/** A change of somebody new, who is in `group`, by a superuser. */
async function changing(change: PersonChange, group?: string): Promise<unknown> {
  const sub = randomUUID()
  const person = { sub, tenant_id: TENANT, role: 'USER', superuser: false }
  await db
    .insertInto('people')
    .values({ ...person, user_id: sub })
    .execute()
  if (group !== undefined) await db.insertInto('group_members').values({ group_id: group, person_sub: sub }).execute()
  const target = { ...person, status: 'active', sections: [] }
  const actor = { ...target, sub: 'somebody', superuser: true }
  return db.transaction().execute((trx) => change({ trx, actor, target }))
}

const someoneWaits = () =>
  eventually(async () => {
    const waiting = sql`
      select from pg_locks join pg_stat_activity using (pid) where not granted and datname = current_database()`
    assert.ok((await waiting.execute(db)).rows.length > 0)
  })

test('groups are taken in one order, whichever a person joins and whichever they leave', async (t) => {
  if (testing.url === undefined) return t.skip('PGlite has one connection')
  for (const [wanted, had] of [
    [['second', 'first'], undefined],
    [['first'], 'second'],
  ] as const) {
    const change = await db.transaction().execute(async (trx) => {
      await groups(trx).lock('first')
      const change = [changing(setGroups([...wanted]), had)]
      await someoneWaits()
      const second = db.selectFrom('groups').select('id').where('id', '=', 'second').forUpdate().noWait()
      assert.equal((await second.execute()).length, 1)
      return change
    })
    assert.ok(await change[0])
  }
})

test('a section that is removed while somebody is given it is no section', async (t) => {
  if (testing.url === undefined) return t.skip('PGlite has one connection')
  await db.insertInto('sections').values({ id: 'going', title_ko: 'x', title_en: 'x' }).execute()
  const change = await db.transaction().execute(async (trx) => {
    await trx.deleteFrom('sections').where('id', '=', 'going').execute()
    const change = [changing(setSections([{ id: 'going', level: 'user' }])).catch((error: unknown) => error)]
    await someoneWaits()
    return change
  })

  assert.equal(((await change[0]) as { type?: string }).type, 'invalid-request')
})
