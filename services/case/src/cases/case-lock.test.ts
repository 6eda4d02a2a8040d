import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { withTenant } from '@munjigi/db/tenant'
import { testDatabase } from '@munjigi/testing/database'
import { migrationPlan, SCHEMA, SERVING_ROLE } from '../migrations/plan.ts'
import { TENANT } from '../service.fixture.ts'
import type { Tables } from '../tables.ts'
import { caseStore } from './case-store.ts'

const LOCK_NOT_AVAILABLE = '55P03'

test('who writes in a case shares the lock on it with nobody, and so overtakes no one who waits to close it or to take away their role', async (t) => {
  const { database, url, close } = await testDatabase(migrationPlan)
  t.after(close)
  if (url === undefined) return t.skip('PGlite has one connection')
  // However slow the machine, what is held is held until the end.
  const patient = database.as<Tables>(SERVING_ROLE, { isCommand: true }).withSchema(SCHEMA)
  const case_id = randomUUID()
  const values = { case_id, title: 'one', created_by: 'somebody' }
  await withTenant(patient, TENANT, (trx) => caseStore(trx, TENANT).insert(values))
  const share = () =>
    withTenant(patient, TENANT, (trx) =>
      trx.selectFrom('cases').select('case_id').where('case_id', '=', case_id).forShare().noWait().execute(),
    )
  assert.equal((await share()).length, 1)

  const [held, seen] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const writing = withTenant(patient, TENANT, async (trx) => {
    await caseStore(trx, TENANT).requireOpen(case_id)
    held.resolve()
    await seen.promise
  })
  await held.promise
  await assert.rejects(share(), { code: LOCK_NOT_AVAILABLE }).finally(seen.resolve)
  await writing
})
