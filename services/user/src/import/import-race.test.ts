import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type TestDatabase, testDatabase } from '@munjigi/testing/database'
import { migrationPlan } from '../migrations/plan.ts'
import { TENANT } from '../service.fixture.ts'
import { commandHandle } from '../serving-handle.ts'
import { importPeople } from './import-people.ts'

let testing: TestDatabase
before(async () => {
  testing = await testDatabase(migrationPlan)
})
after(() => testing.close())

test('an import that somebody came before, between its reading and its writing, reads anew instead of failing', async () => {
  await testing.asOwner('create sequence users.tries')
  await testing.asOwner(`
    create function users.come_before() returns trigger language plpgsql security definer as $$
    begin
      if nextval('users.tries') = 1 then raise unique_violation; end if;
      return new;
    end $$`)
  await testing.asOwner(
    'create trigger come_before before insert on users.people for each row execute function users.come_before()',
  )
  const outcome = await importPeople(commandHandle(testing.database), Buffer.from('login_id\nat.once'), {
    tenant: { id: TENANT, isDefault: true },
    isDryRun: false,
  })

  assert.deepEqual(outcome, { count: 1, faults: [] })
  const made = await commandHandle(testing.database).selectFrom('people').select('user_id').execute()
  assert.deepEqual(made, [{ user_id: 'at.once' }])
})
