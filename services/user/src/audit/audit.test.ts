import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type TestDatabase, testDatabase } from '@munjigi/testing/database'
import { sql } from 'kysely'
import { migrationPlan } from '../migrations/plan.ts'
import { servingHandle } from '../serving-handle.ts'
import { recordEvent } from './audit.ts'

let testing: TestDatabase
before(async () => {
  testing = await testDatabase(migrationPlan)
})
after(() => testing.close())

const event = { actor: null, action: 'test.happened', target: null, tenant_id: null, request_id: null }

test('the service can add to the audit log and read it, and neither change nor empty it', async () => {
  const db = servingHandle(testing.database)
  await db.transaction().execute((trx) => recordEvent(trx, { ...event, details: { list: [1, '둘'] } }))
  const denied = /permission denied/

  await assert.rejects(db.updateTable('audit_events').set({ action: 'other' }).execute(), denied)
  await assert.rejects(db.deleteFrom('audit_events').execute(), denied)
  await assert.rejects(sql`truncate users.audit_events`.execute(db), denied)
  await assert.rejects(sql`drop table users.audit_events`.execute(db), /must be owner|permission denied/)
  const rows = await db.selectFrom('audit_events').select(['action', 'details']).execute()
  assert.deepEqual(rows, [{ action: 'test.happened', details: { list: [1, '둘'] } }])
})

test('what was undone was not written down', async () => {
  const db = servingHandle(testing.database)
  const undone = db.transaction().execute(async (trx) => {
    await recordEvent(trx, { ...event, action: 'test.undone' })
    throw new Error('undone')
  })
  await assert.rejects(undone, /undone/)

  assert.deepEqual(await db.selectFrom('audit_events').select('id').where('action', '=', 'test.undone').execute(), [])
})
