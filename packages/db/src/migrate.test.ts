import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { sql } from 'kysely'
import { connect } from './connect.ts'
import { drivers, type Opened } from './driver.fixture.ts'
import { type Migration, type MigrationPlan, migrate } from './migrate.ts'

const menus = { name: '0001-menus', up: 'create table menus (id bigint generated always as identity, title text)' }
const prices = { name: '0002-prices', up: 'alter table menus add price numeric; create table prices (id bigserial)' }

const planOf = (schema: string, ...migrations: Migration[]): MigrationPlan => ({
  schema,
  servingRole: `${schema}_serving`,
  migrations,
})

for (const driver of drivers(process.env.MUNJIGI_TEST_DATABASE_URL)) {
  suite(`migrations on ${driver.name}`, () => {
    let opened: Opened
    before(async () => {
      opened = await driver.open(planOf('meal', menus))
    })
    after(() => opened.close())

    const run = (plan: MigrationPlan) => migrate(opened.owner, plan)

    test('each is applied once, in order', async () => {
      assert.deepEqual(await run(planOf('one', menus)), ['0001-menus'])
      assert.deepEqual(await run(planOf('one', menus, prices)), ['0002-prices'])
      assert.deepEqual(await run(planOf('one', menus, prices)), [])
    })

    test('a schema may have the name of a reserved word', async () => {
      assert.deepEqual(await run({ schema: 'user', servingRole: 'meal_serving', migrations: [menus] }), ['0001-menus'])
    })

    test('the serving role reads and writes rows and nothing else', async () => {
      const db = opened.database.as('meal_serving')
      await sql`insert into meal.menus (title) values ('밥')`.execute(db)

      assert.deepEqual((await sql`select id, title from meal.menus`.execute(db)).rows, [{ id: 1, title: '밥' }])
      for (const forbidden of [
        sql`drop table meal.menus`,
        sql`truncate meal.menus`,
        sql`alter table meal.menus disable row level security`,
        sql`create table meal.mine ()`,
        sql`delete from meal.migrations`,
      ]) {
        await assert.rejects(forbidden.execute(db), { code: '42501' })
      }
    })

    test('one that was changed, removed or slipped in before an applied one is refused', async () => {
      await run(planOf('three', menus, prices))
      const early = { name: '0000-early', up: 'create table early ()' }

      await assert.rejects(run(planOf('three', { ...menus, up: `${menus.up} ` }, prices)), /"0001-menus" was changed/)
      await assert.rejects(run(planOf('three', prices)), /"0001-menus" is missing/)
      await assert.rejects(run(planOf('three', menus)), /"0002-prices" is missing/)
      await assert.rejects(run(planOf('three', early, menus, prices)), /"0001-menus" is missing from the list or out/)
    })

    test('one that fails leaves nothing of itself, keeps those before it and can be mended', async () => {
      const faulty = { name: '0002-prices', up: 'create table half (); select nonsense' }

      await assert.rejects(run(planOf('four', menus, faulty)), { code: '42703' })
      assert.deepEqual(await run(planOf('four', menus, { ...faulty, up: 'create table half ()' })), ['0002-prices'])
    })

    test('several at once apply each migration once', async () => {
      const runs = await Promise.all(Array.from({ length: 4 }, () => run(planOf('five', menus, prices))))

      assert.deepEqual(runs.flat().sort(), ['0001-menus', '0002-prices'])
    })
  })
}

test('names are numbered and ascend', async () => {
  const database = connect('pglite://memory')
  const refuse = (...names: string[]) =>
    assert.rejects(migrate(database, planOf('x', ...names.map((name) => ({ name, up: '' })))), /migration "/)

  await refuse('people')
  await refuse('1-people')
  await refuse('0002-people', '0001-sections')
  await refuse('0001-people', '0001-sections')
  await database.close()
})

test('a database in a folder keeps its rows when it is opened again', async (t) => {
  const { mkdtemp, rm } = await import('node:fs/promises')
  const folder = await mkdtemp('/tmp/munjigi-db-')
  t.after(() => rm(folder, { recursive: true }))
  const first = connect(`pglite://${folder}/data`)
  await migrate(first, planOf('kept', menus))
  await sql`insert into kept.menus (title) values ('국')`.execute(first.as('kept_serving'))
  await first.close()

  const again = connect(`pglite://${folder}/data`)
  assert.deepEqual(await migrate(again, planOf('kept', menus, prices)), ['0002-prices'])
  assert.deepEqual((await sql`select title from kept.menus`.execute(again.as('kept_serving'))).rows, [{ title: '국' }])
  await again.close()
})
