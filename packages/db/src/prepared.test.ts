import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import type { Kysely } from 'kysely'
import { drivers, type Opened } from './driver.fixture.ts'
import { type Engine, engines } from './engine.ts'
import { migrate } from './migrate.ts'
import { committing, prepared } from './prepared.ts'

interface Tables {
  notes: { id: string; text: string }
}

const plan = {
  schema: 'desk',
  servingRole: 'desk_serving',
  migrations: [
    {
      name: '0001-notes',
      up: 'create table notes (id text constraint notes__id primary key, text text not null)',
    },
  ],
}
const changed = {
  ...plan,
  migrations: [
    ...plan.migrations,
    { name: '0002-longer', up: 'alter table notes add column more text; create index notes__text on notes (text)' },
  ],
}
const retyped = {
  ...changed,
  migrations: [
    ...changed.migrations,
    { name: '0003-narrower', up: 'alter table notes alter column text type varchar(10)' },
  ],
}

for (const driver of drivers(process.env.MUNJIGI_TEST_DATABASE_URL)) {
  suite(`prepared statements and what opens a transaction on ${driver.name}`, () => {
    let opened: Opened
    let db: Kysely<Tables>

    before(async () => {
      opened = await driver.open(plan)
      db = opened.database.as<Tables>('desk_serving').withSchema('desk')
    })
    after(() => opened.close())

    const insert = (id: string, handle = db) =>
      handle.executeQuery<{ id: string }>(
        prepared(handle.insertInto('notes').values({ id, text: 'x' }).returning('id').compile()),
      )
    const find = async (id: string, handle = db) =>
      (await handle.executeQuery(prepared(handle.selectFrom('notes').selectAll().where('id', '=', id).compile()))).rows
    const within = <Result>(work: (trx: Kysely<Tables>) => Promise<Result>) => db.transaction().execute(work)

    test('a prepared statement does the same outside a transaction, as its first and later, and after it failed', async () => {
      const rows = [(await insert('a')).rows, (await within((trx) => insert('b', trx))).rows]
      rows.push(await within(async (trx) => [...(await insert('c', trx)).rows, ...(await insert('d', trx)).rows]))
      await assert.rejects(insert('a'), { code: '23505' })
      await assert.rejects(
        within((trx) => insert('a', trx)),
        { code: '23505' },
      )
      rows.push((await within((trx) => insert('e', trx))).rows, (await insert('f')).rows)

      const ids = rows.map((each) => each.map(({ id }) => id))
      assert.deepEqual(ids, [['a'], ['b'], ['c', 'd'], ['e'], ['f']])
      assert.deepEqual(await within((trx) => find('f', trx)), [{ id: 'f', text: 'x' }])
    })

    test('a transaction that throws after a prepared statement leaves nothing of it, however often', async () => {
      for (let time = 0; time < 3; time += 1) {
        const thrown = within(async (trx) => {
          await insert('never', trx)
          throw new Error('undone')
        })
        await assert.rejects(thrown, /undone/)
      }

      assert.deepEqual(await find('never'), [])
    })

    test('a transaction that cannot be opened runs nothing of its first statement', async () => {
      const engine = engines.get(opened.database) as Engine
      const text = "insert into desk.notes (id, text) values ('outside', 'x')"
      for (const name of [undefined, 'outside', 'outside']) {
        const session = await engine.acquire({
          role: 'desk_serving',
          acrossTenants: false,
          isCommand: false,
          isApart: false,
        })
        const outside = async () => {
          await session.begin('isolation level unheard of', [])
          await session.query({ text, name })
        }
        await assert.rejects(outside, { code: '42601' }).finally(() => session.release())
      }

      assert.deepEqual(await find('outside'), [])
    })

    const insertLast = (id: string, handle: Kysely<Tables>) =>
      handle.executeQuery<{ id: string }>(
        committing(handle.insertInto('notes').values({ id, text: 'x' }).returning('id').compile()),
      )

    test('the last statement of a transaction commits it, as its first, a later or a failed one too', async () => {
      for (const id of ['g', 'h']) assert.deepEqual((await within((trx) => insertLast(id, trx))).rows, [{ id }])
      const both = await within(async (trx) => [...(await insert('i', trx)).rows, ...(await insertLast('j', trx)).rows])
      assert.deepEqual(both, [{ id: 'i' }, { id: 'j' }])
      await assert.rejects(
        within(async (trx) => {
          await insert('undone', trx)
          return insertLast('g', trx)
        }),
        { code: '23505' },
      )
      assert.deepEqual(await find('j'), [{ id: 'j', text: 'x' }])
      assert.deepEqual(await find('undone'), [])
    })

    test('what a value cannot be made of commits nothing of its transaction', async () => {
      const refuse = () => {
        throw new Error('unsayable')
      }
      const unsayable = { toPostgres: refuse, toString: refuse }
      const thrown = within(async (trx) => {
        await insert('unsaid', trx)
        const statement = trx.insertInto('notes').values({ id: 'unsayable', text: unsayable as never })
        await trx.executeQuery(committing(statement.compile()))
      })
      await assert.rejects(thrown, /unsayable/)

      assert.deepEqual(await find('unsaid'), [])
      assert.deepEqual((await insert('said')).rows, [{ id: 'said' }])
    })

    test('after its last statement a transaction takes none, and what has no transaction commits none', async () => {
      const another = within(async (trx) => {
        await insertLast('last', trx)
        await insert('too-late', trx)
      })
      await assert.rejects(another, /there is no transaction/)
      const besides = within((trx) => Promise.all([insertLast('besides', trx), insert('too-late', trx)]))
      await assert.rejects(besides, /there is no transaction/)
      await assert.rejects(insertLast('alone', db), /there is no transaction/)

      for (const id of ['last', 'besides']) assert.equal((await find(id)).length, 1)
      assert.deepEqual([...(await find('too-late')), ...(await find('alone'))], [])
    })

    test('a transaction that cannot be opened runs nothing of what was asked at the same time either', async () => {
      const engine = engines.get(opened.database) as Engine
      const session = await engine.acquire({
        role: 'desk_serving',
        acrossTenants: false,
        isCommand: false,
        isApart: false,
      })
      const begin = session.begin('isolation level unheard of', [])
      const asked = ['one', 'two', 'three'].map((id) => ({ text: `insert into desk.notes values ('${id}', 'x')` }))
      const outcomes = await begin.then(
        () => Promise.allSettled(asked.map((statement) => session.query(statement))),
        () => [],
      )
      session.release()

      assert.deepEqual(
        outcomes.filter(({ status }) => status === 'fulfilled'),
        [],
      )
      for (const id of ['one', 'two', 'three']) assert.deepEqual(await find(id), [])
    })

    test('a transaction in which nothing is said does nothing and harms nobody after it', async () => {
      assert.equal(await within(async () => 'silent'), 'silent')
      await assert.rejects(
        within(async () => {
          throw new Error('silent too')
        }),
        /silent too/,
      )

      assert.equal((await insert('after')).rows.length, 1)
      assert.equal((await find('after')).length, 1)
    })

    test('a statement that was prepared before a migration goes on after it', async () => {
      await insert('before')
      await migrate(opened.owner, changed)

      assert.deepEqual((await insert('later')).rows, [{ id: 'later' }])
      assert.deepEqual((await within((trx) => insert('latest', trx))).rows, [{ id: 'latest' }])
    })

    test('a statement that a migration gives another answer fails once at most on a connection that had planned it', async () => {
      await insert('kept')
      const read = (handle: Kysely<Tables>) =>
        handle.executeQuery(prepared(handle.selectFrom('notes').select('text').where('id', '=', 'kept').compile()))
      await read(db)
      await migrate(opened.owner, retyped)

      await read(db).catch((error) => assert.equal(error.statusCode, 503))
      assert.deepEqual((await read(db)).rows, [{ text: 'x' }])
      assert.deepEqual((await within(read)).rows, [{ text: 'x' }])
    })
  })
}
