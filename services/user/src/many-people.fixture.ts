import { testDatabase } from '@munjigi/testing/database'
import { migrationPlan } from './migrations/plan.ts'
import { servingHandle } from './serving-handle.ts'

export const TENANT = '00000000-0000-4000-8000-000000000001'
export const EACH = 5

/**
 * 4,000 people of one tenant, `p1` and on, each with five rows of a table; `row` is made of `i`, the number of the person, and
 * `j`, from 1. By the owner, whose statements may take their time.
 */
export async function manyPeople(table: string, row: Record<string, string>) {
  const testing = await testDatabase(migrationPlan)
  const people = 'generate_series(1, 4000) as i'
  await testing.asOwner(`insert into users.tenants (id, name) values ('${TENANT}', 'one')`)
  await testing.asOwner(`
    insert into users.people (sub, user_id, role, tenant_id)
    select 'p' || i, 'login' || i, 'USER', '${TENANT}'::uuid from ${people}`)
  await testing.asOwner('analyze users.people')
  await testing.asOwner(`
    insert into users.${table} (person_sub, ${Object.keys(row).join(', ')})
    select 'p' || i, ${Object.values(row).join(', ')} from ${people}, generate_series(1, ${EACH}) as j`)
  await testing.asOwner(`analyze users.${table}`)
  return { db: servingHandle(testing.database), close: () => testing.close() }
}
