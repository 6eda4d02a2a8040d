import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connect } from './connect.ts'
import { drivers, openPostgres } from './driver.fixture.ts'
import { assertServingRole } from './serving-role.ts'

const superuserUrl = process.env.MUNJIGI_TEST_DATABASE_URL ?? ''
const needsPostgres = { skip: superuserUrl ? false : 'MUNJIGI_TEST_DATABASE_URL is not set' }

const plan = {
  schema: 'try',
  servingRole: 'try_serving',
  migrations: [{ name: '0001-notes', up: 'create table notes (id text)' }],
}

for (const driver of drivers(superuserUrl)) {
  test(`the serving role passes the start check on ${driver.name}`, async () => {
    const { database, close } = await driver.open(plan)
    await assertServingRole(database.as('try_serving'))
    await close()
  })
}

test('a role of PGlite that owns a table or stands above row-level security fails the start check', async () => {
  const opened = await drivers(undefined)[0]?.open({
    ...plan,
    migrations: [
      {
        name: '0001-roles',
        up: `
        create role owner_role; create schema own; grant usage, create on schema own to owner_role;
        set local role owner_role; create table own.things (); reset role;
        create role loose_role bypassrls; create role member_role in role owner_role`,
      },
    ],
  })
  assert.ok(opened)
  const check = (role: string) => assertServingRole(opened.database.as(role))

  await assert.rejects(check('owner_role'), /owner_role owns tables/)
  await assert.rejects(check('loose_role'), /loose_role bypasses row-level security/)
  await assert.rejects(check('member_role'), /member_role is a member of other roles/)
  await assert.rejects(check('postgres'), /postgres is a superuser/)
  await opened.close()
})

test('a login of PostgreSQL that could do more than take its role fails the start check', needsPostgres, async () => {
  const { login, owner, runAsSuperuser, close, database } = await openPostgres(superuserUrl, plan)
  const refused = async (right: string, undo: string, reason: RegExp) => {
    await runAsSuperuser(right)
    await assert.rejects(assertServingRole(database.as('try_serving')), reason)
    await runAsSuperuser(undo)
  }

  await refused(`alter role ${login} inherit`, `alter role ${login} noinherit`, /inherits the rights/)
  await refused(`alter role ${login} bypassrls`, `alter role ${login} nobypassrls`, /bypasses row-level security/)
  await refused(`alter role ${login} createrole`, `alter role ${login} nocreaterole`, /may create roles/)
  await refused(`alter table try.notes owner to ${login}`, 'alter table try.notes owner to current_user', /owns tables/)
  await refused(`grant pg_read_all_data to ${login}`, `revoke pg_read_all_data from ${login}`, /member of other roles/)
  await assertServingRole(database.as('try_serving'))
  const superuser = connect(owner)
  await assert.rejects(assertServingRole(superuser.as('try_serving')), /is a superuser/)
  await superuser.close()
  await close()
})

test('a database that does not come in time is told with the variable that names it, as an outage', async (t) => {
  t.mock.timers.enable({ apis: ['Date'] })
  const database = connect('postgres://localhost:1/nowhere')
  t.after(() => database.close())
  const check = assertServingRole(database.as('try_serving'))
  t.mock.timers.tick(8_001)

  await assert.rejects(check, { message: /^DATABASE_URL leads to .*ECONNREFUSED/, statusCode: 503 })
})
