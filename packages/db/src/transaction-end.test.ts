import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import type { Kysely } from 'kysely'
import { drivers, type Opened } from './driver.fixture.ts'
import { committing, prepared } from './prepared.ts'

interface Tables {
  notes: { id: string; text: string }
}

const plan = {
  schema: 'ends',
  servingRole: 'ends_serving',
  migrations: [{ name: '0001-notes', up: 'create table notes (id text primary key, text text not null)' }],
}

for (const driver of drivers(process.env.MUNJIGI_TEST_DATABASE_URL)) {
  suite(`the end of a transaction on ${driver.name}`, () => {
    let opened: Opened
    let db: Kysely<Tables>

    before(async () => {
      opened = await driver.open(plan)
      db = opened.database.as<Tables>('ends_serving').withSchema('ends')
      await insert('taken')
    })
    after(() => opened.close())

    const statement = (id: string, handle: Kysely<Tables>) =>
      handle.insertInto('notes').values({ id, text: 'x' }).compile()
    const insert = (id: string, handle = db) => handle.executeQuery(prepared(statement(id, handle)))
    const insertLast = (id: string, handle = db) => handle.executeQuery(committing(statement(id, handle)))
    const ids = async () => (await db.selectFrom('notes').select('id').orderBy('id').execute()).map(({ id }) => id)

    /** Asks all at once in a transaction that throws, and waits until each has ended. */
    async function inVain(...asked: ((trx: Kysely<Tables>) => Promise<unknown>)[]) {
      const answers: Promise<unknown>[] = []
      const work = db.transaction().execute(async (trx) => {
        for (const ask of asked) answers.push(ask(trx))
        void Promise.allSettled(answers)
        throw new Error('in vain')
      })
      await assert.rejects(work, /in vain/)
      return Promise.allSettled(answers)
    }

    test('what was asked in a transaction that fails meanwhile, runs neither in it nor after it', async () => {
      const asked = ['a', 'b', 'c', 'd'].map((id) => (trx: Kysely<Tables>) => insert(id, trx))
      await inVain((trx) => insert('taken', trx), ...asked)
      await inVain(...asked)

      assert.deepEqual(await ids(), ['taken'])
    })

    test('a last statement that fails as its transaction does leaves nothing open for who has the connection next', async () => {
      for (let time = 0; time < 3; time += 1) {
        const [last] = await inVain((trx) => insertLast('taken', trx))
        assert.equal(last?.status, 'rejected')
        assert.deepEqual(await ids(), ['taken'])
      }
    })

    test('a last statement that is under way as its transaction fails commits nothing of another one', async () => {
      await inVain((trx) => trx.executeQuery(committing(trx.selectNoFrom(({ lit }) => lit(1).as('one')).compile())))
      await inVain((trx) => insert('other', trx))

      assert.deepEqual(await ids(), ['taken'])
    })

    test('what a transaction does not wait for ends with it or not at all', async () => {
      const answers: Promise<unknown>[] = []
      await db.transaction().execute(async (trx) => {
        for (const id of ['w', 'x', 'y', 'z']) answers.push(insert(id, trx))
        void Promise.allSettled(answers)
      })
      const ended = (await Promise.allSettled(answers)).flatMap(({ status }, place) =>
        status === 'fulfilled' ? ['wxyz'.charAt(place)] : [],
      )

      assert.deepEqual(await ids(), ['taken', ...ended])
    })
  })
}
