import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { assertServingRole } from '@munjigi/db/serving-role'
import { sql } from 'kysely'
import { testDatabase } from './database.ts'

const plan = {
  schema: 'testing',
  servingRole: 'testing_serving',
  migrations: [{ name: '0001-notes', up: 'create table notes (id int constraint notes__id primary key)' }],
}

test('each test database is migrated, served by a role without further rights, and sees nothing of another', async () => {
  const [one, two] = await Promise.all([testDatabase(plan), testDatabase(plan)])
  const [here, there] = [one, two].map(({ database }) => database.as<unknown>('testing_serving'))
  assert.ok(here && there)
  await sql`insert into testing.notes values (1)`.execute(here)

  assert.deepEqual((await sql`select id from testing.notes`.execute(here)).rows, [{ id: 1 }])
  assert.deepEqual((await sql`select id from testing.notes`.execute(there)).rows, [])
  await assertServingRole(here)
  await assert.rejects(sql`drop table testing.notes`.execute(here), { code: '42501' })
  await Promise.all([one.close(), two.close()])
})

test('two processes that meet a new migration at once both get their database', async () => {
  const fresh = {
    ...plan,
    schema: 'testing_race',
    migrations: [{ name: '0001-fresh', up: `create table "${randomUUID()}" ()` }],
  }
  const script = `
    const { testDatabase } = await import(${JSON.stringify(fileURLToPath(new URL('./database.ts', import.meta.url)))})
    const { asOwner, close } = await testDatabase(${JSON.stringify(fresh)})
    await asOwner('select 1')
    await close()
    process.stdout.write('done')`
  const run = () => promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script])
  const runs = await Promise.all([run(), run()])

  assert.deepEqual(
    runs.map(({ stdout }) => stdout),
    ['done', 'done'],
  )
})
