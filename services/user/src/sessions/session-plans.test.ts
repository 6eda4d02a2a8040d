import { after, before, test } from 'node:test'
import { type TestDatabase, testDatabase } from '@munjigi/testing/database'
import { assertByIndex, plansOf } from '@munjigi/testing/query-plans'
import type { Kysely } from 'kysely'
import { migrationPlan } from '../migrations/plan.ts'
import { servingHandle } from '../serving-handle.ts'
import type { Tables } from '../tables.ts'
import { listSessions } from './session-list.ts'

const TENANT = '00000000-0000-4000-8000-000000000001'
const PEOPLE = 4_000
const SESSIONS_EACH = 5

let testing: TestDatabase
let db: Kysely<Tables>
before(async () => {
  testing = await testDatabase(migrationPlan)
  db = servingHandle(testing.database)
  await fill()
  await testing.asOwner('analyze users.sessions')
})
after(() => testing.close())

/** By the owner, whose statements may take their time. */
async function fill() {
  await testing.asOwner(`insert into users.tenants (id, name) values ('${TENANT}', 'one')`)
  await testing.asOwner(`
    insert into users.people (sub, user_id, role, tenant_id)
    select 'p' || i, 'login' || i, 'USER', '${TENANT}'::uuid
    from generate_series(1, ${PEOPLE}) as i`)
  await testing.asOwner('analyze users.people')
  await testing.asOwner(`
    insert into users.sessions (sid, person_sub, access_exp, refresh_exp, ended_at)
    select 's' || i || '-' || j, 'p' || i, 4102444800, 4102444800, case when j > 3 then now() end
    from generate_series(1, ${PEOPLE}) as i, generate_series(1, ${SESSIONS_EACH}) as j`)
}

test('where a person is signed in is found by index, whoever else is', async () => {
  const asked = { 'somebody with sessions': 'p3999', 'somebody without': 'nobody' }
  for (const [name, sub] of Object.entries(asked))
    assertByIndex(await plansOf(db, (handle) => listSessions(handle, sub, undefined)), {
      big: ['sessions'],
      mostRead: SESSIONS_EACH,
      name,
    })
})
