import { after, before, test } from 'node:test'
import { withTenant } from '@munjigi/db/tenant'
import { type TestDatabase, testDatabase } from '@munjigi/testing/database'
import { assertByIndex, plansOf } from '@munjigi/testing/query-plans'
import type { Kysely } from 'kysely'
import { migrationPlan } from '../migrations/plan.ts'
import { servingHandle } from '../serving-handle.ts'
import type { Tables } from '../tables.ts'
import { countLive, findByKey, findNewestLive, listKeys } from './api-keys.ts'
import { newKeyText } from './key-text.ts'

const TENANT = '00000000-0000-4000-8000-000000000001'
const PEOPLE = 4_000
const KEYS_EACH = 5

let testing: TestDatabase
let db: Kysely<Tables>
before(async () => {
  testing = await testDatabase(migrationPlan)
  db = servingHandle(testing.database)
  await fill()
  await testing.asOwner('analyze users.api_keys')
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
    insert into users.api_keys (tenant_id, person_sub, name, prefix, secret_hash, scopes, revoked_at)
    select '${TENANT}'::uuid, 'p' || i, 'key', 'x' || i || '-' || j, '', '[]', case when j > 3 then now() end
    from generate_series(1, ${PEOPLE}) as i, generate_series(1, ${KEYS_EACH}) as j`)
}

const asked: Record<string, (handle: Kysely<Tables>, sub: string) => Promise<unknown>> = {
  'the list': (handle, sub) => listKeys(handle, owner(sub)),
  'the newest that lives': (handle, sub) => findNewestLive(handle, owner(sub), new Date()),
  'how many live': (handle, sub) => countLive(handle, owner(sub), new Date()),
  'one that was sent': (handle) => findByKey(handle, newKeyText()),
}
const owner = (sub: string) => ({ sub, tenant_id: TENANT, valid_from: 0 })

for (const [name, ask] of Object.entries(asked))
  test(`of all keys ${name} is found by index, inside a tenant and across them`, async () => {
    const expected = { big: ['api_keys'], mostRead: KEYS_EACH, name }
    for (const sub of ['p3999', 'nobody']) {
      assertByIndex(await plansOf(db, (handle) => ask(handle, sub)), expected)
      await withTenant(db, TENANT, async (trx) => {
        assertByIndex(await plansOf(trx, (handle) => ask(handle, sub)), expected)
      })
    }
  })
