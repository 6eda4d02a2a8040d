import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { inspect } from 'node:util'
import { type Kysely, sql } from 'kysely'
import { connect } from './connect.ts'
import { drivers, type Opened } from './driver.fixture.ts'

interface Values {
  id: number
  at: Date
  day: string
  price: string
  doc: unknown
  tags: string[]
  ids: string[]
  raw: Buffer
  is_on: boolean
  nothing: string | null
}

interface Tables {
  values: Values
  notes: { id: string; text: string; parent: string | null }
}

const plan = {
  schema: 'try',
  servingRole: 'try_serving',
  migrations: [
    {
      name: '0001-values',
      up: `
        create table values (id bigint constraint values__id primary key, at timestamptz, day date, price numeric(10, 2),
          doc jsonb, tags text[], ids uuid[], raw bytea, is_on boolean, nothing text);
        create table notes (id text constraint notes__id primary key, text text not null,
          parent text constraint notes__parent references notes deferrable initially deferred)`,
    },
  ],
}

const row: Values = {
  id: Number.MAX_SAFE_INTEGER,
  at: new Date('2026-11-21T23:59:59.123Z'),
  day: '2026-11-21',
  price: '12.50',
  doc: { menu: ['밥', { kcal: 1.5 }], none: null },
  tags: ['a,b', '"quoted"', ''],
  ids: ['00000000-0000-4000-8000-000000000001'],
  raw: Buffer.from([0, 255]),
  is_on: true,
  nothing: null,
}

for (const driver of drivers(process.env.MUNJIGI_TEST_DATABASE_URL)) {
  suite(`a database on ${driver.name}`, () => {
    let opened: Opened
    let db: Kysely<Tables>

    before(async () => {
      opened = await driver.open(plan)
      db = opened.database.as<Tables>('try_serving').withSchema('try')
    })
    after(() => opened.close())

    const insertNote = (id: string, handle = db) => handle.insertInto('notes').values({ id, text: 'x', parent: null })
    const findNote = (id: string) => db.selectFrom('notes').select('id').where('id', '=', id).executeTakeFirst()

    test('values come out as they went in', async () => {
      await db.insertInto('values').values(row).execute()

      assert.deepEqual(await db.selectFrom('values').selectAll().execute(), [row])
    })

    test('a JSON array goes in as text and comes out as an array', async () => {
      const { rows } = await sql<{ doc: unknown }>`select ${JSON.stringify([1, 'a'])}::jsonb as doc`.execute(db)

      assert.deepEqual(rows, [{ doc: [1, 'a'] }])
    })

    test('a count is a number and an integer that a number cannot hold is refused', async () => {
      const { n } = await db
        .selectFrom('values')
        .select(({ fn }) => fn.countAll<number>().as('n'))
        .executeTakeFirstOrThrow()
      assert.equal(n, 1)

      await assert.rejects(sql`select 9007199254740993::bigint as big`.execute(db), RangeError)
      assert.deepEqual((await sql`select 1 as one`.execute(db)).rows, [{ one: 1 }])
    })

    test('a write says how many rows it touched', async () => {
      await insertNote('touched').execute()
      const update = await db.updateTable('notes').set({ text: 'y' }).where('id', '=', 'touched').executeTakeFirst()
      const miss = await db.deleteFrom('notes').where('id', '=', 'nobody').executeTakeFirst()

      assert.equal(update.numUpdatedRows, 1n)
      assert.equal(miss.numDeletedRows, 0n)
    })

    test('every statement runs under the role, inside a transaction and out of it, after an error too', async () => {
      const whoAmI = async (handle: Kysely<Tables>) =>
        (await sql<{ who: string }>`select current_user as who`.execute(handle)).rows[0]?.who
      await assert.rejects(sql`select nonsense`.execute(db), { code: '42703' })
      await assert.rejects(db.transaction().execute((trx) => sql`select nonsense`.execute(trx)))

      assert.equal(await whoAmI(db), 'try_serving')
      assert.equal(await db.transaction().execute(whoAmI), 'try_serving')
      await assert.rejects(sql`create table try.mine ()`.execute(db), { code: '42501' })
      await assert.rejects(sql`select * from try.migrations`.execute(db), { code: '42501' })
    })

    test('a broken rule is named by code and constraint, and the error carries no values of the statement', async () => {
      await insertNote('once').execute()

      await assert.rejects(insertNote('once').execute(), (error: Error & { code?: string; constraint?: string }) => {
        assert.deepEqual([error.code, error.constraint], ['23505', 'notes__id'])
        assert.doesNotMatch(inspect(error), /once/)
        return true
      })
      const halfWritten = db.insertInto('notes').values({ id: 'half', text: sql`null`, parent: 'a-secret' })
      await assert.rejects(halfWritten.execute(), (error: Error & { code?: string }) => {
        assert.equal(error.code, '23502')
        assert.doesNotMatch(inspect(error), /a-secret/)
        return true
      })
    })

    test('a transaction that throws leaves nothing, and one whose commit fails says so', async () => {
      const boom = new Error('boom')
      const throwing = db.transaction().execute(async (trx) => {
        await insertNote('rolled-back', trx).execute()
        throw boom
      })
      await assert.rejects(throwing, boom)
      const orphan = db.insertInto('notes').values({ id: 'orphan', text: 'x', parent: 'nobody' })
      await assert.rejects(orphan.execute(), { code: '23503' })
      await assert.rejects(
        db
          .transaction()
          .execute((trx) => trx.insertInto('notes').values({ id: 'orphan', text: 'x', parent: 'nobody' }).execute()),
        { code: '23503' },
      )

      assert.equal(await findNote('rolled-back'), undefined)
      assert.equal(await findNote('orphan'), undefined)
    })

    test('a transaction that swallowed a failed statement does not pass for committed', async () => {
      const swallowing = db.transaction().execute(async (trx) => {
        await insertNote('swallowed', trx).execute()
        await sql`select nonsense`.execute(trx).catch(() => {})
      })

      await assert.rejects(swallowing)
      assert.equal(await findNote('swallowed'), undefined)
    })

    test('statements of others wait for a transaction and do not join it', async () => {
      const started = Promise.withResolvers<void>()
      const go = Promise.withResolvers<void>()
      const transaction = db.transaction().execute(async (trx) => {
        await insertNote('inside', trx).execute()
        started.resolve()
        await go.promise
        throw new Error('undone')
      })
      await started.promise
      const others = Promise.all(['o1', 'o2', 'o3'].map((id) => insertNote(id).execute()))
      go.resolve()

      await assert.rejects(transaction, /undone/)
      await others
      assert.equal(await findNote('inside'), undefined)
      assert.deepEqual(await findNote('o3'), { id: 'o3' })
    })

    test('an unknown role is refused at its first statement and blocks nobody', async () => {
      const nobody = opened.database.as<Tables>('no_such_role').withSchema('try')

      await assert.rejects(insertNote('n', nobody).execute())
      await assert.rejects(nobody.transaction().execute((trx) => insertNote('n', trx).execute()))
      assert.throws(() => opened.database.as('x; drop'), /plain lower-case name/)
      assert.deepEqual((await sql`select 1 as one`.execute(db)).rows, [{ one: 1 }])
    })

    test('a database that answers and takes writes is alive, a closed one is not', async () => {
      await opened.database.isAlive()
      const other = await driver.open(plan)
      await Promise.all([other.database.close(), other.close()])

      await assert.rejects(other.database.isAlive())
      await assert.rejects(sql`select 1`.execute(other.database.as('try_serving')))
    })
  })
}

test('an address of another kind, or one that would set options of the connection, is refused', () => {
  for (const url of ['mysql://x', 'pglite://relative', 'pglite:memory', ''])
    assert.throws(() => connect(url), TypeError)
  assert.throws(() => connect('postgres://u@h/db?options=-c%20role%3Dpostgres'), /may not carry "options"/)
})
