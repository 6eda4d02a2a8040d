import { after, before, test } from 'node:test'
import { withTenant } from '@munjigi/db/tenant'
import { assertByIndex, plansOf } from '@munjigi/testing/query-plans'
import type { Kysely } from 'kysely'
import { EACH, manyPeople, TENANT } from '../many-people.fixture.ts'
import type { Tables } from '../tables.ts'
import { countLive, findByKey, findNewestLive, listKeys } from './api-keys.ts'
import { newKeyText } from './key-text.ts'

let house: Awaited<ReturnType<typeof manyPeople>>
before(async () => {
  house = await manyPeople('api_keys', {
    tenant_id: `'${TENANT}'::uuid`,
    name: "'key'",
    prefix: "'x' || i || '-' || j",
    secret_hash: "''",
    scopes: "'[]'",
    revoked_at: 'case when j > 3 then now() end',
  })
})
after(() => house.close())

const asked: Record<string, (handle: Kysely<Tables>, sub: string) => Promise<unknown>> = {
  'the list': (handle, sub) => listKeys(handle, owner(sub)),
  'the newest that lives': (handle, sub) => findNewestLive(handle, owner(sub), new Date()),
  'how many live': (handle, sub) => countLive(handle, owner(sub), new Date()),
  'one that was sent': (handle) => findByKey(handle, newKeyText()),
}
const owner = (sub: string) => ({ sub, tenant_id: TENANT, valid_from: 0 })

for (const [name, ask] of Object.entries(asked))
  test(`of all keys ${name} is found by index, inside a tenant and across them`, async () => {
    const { db } = house
    const expected = { big: ['api_keys'], mostRead: EACH, name }
    for (const sub of ['p3999', 'nobody']) {
      assertByIndex(await plansOf(db, (handle) => ask(handle, sub)), expected)
      await withTenant(db, TENANT, async (trx) => {
        assertByIndex(await plansOf(trx, (handle) => ask(handle, sub)), expected)
      })
    }
  })
