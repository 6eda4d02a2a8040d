import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { type Kysely, sql } from 'kysely'
import { drivers, type Opened } from './driver.fixture.ts'
import { withTenant } from './tenant.ts'

interface Tables {
  cases: { tenant_id: string; title: string }
}

const ONE = '00000000-0000-4000-8000-000000000001'
const TWO = '00000000-0000-4000-8000-000000000002'

const plan = {
  schema: 'court',
  servingRole: 'court_serving',
  migrations: [
    {
      name: '0001-cases',
      up: `
        create table cases (tenant_id uuid not null, title text not null, constraint cases__title unique (tenant_id, title));
        alter table cases enable row level security;
        create policy cases__tenant on cases
          using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);
        create policy cases__all_tenants on cases using (nullif(current_setting('app.all_tenants', true), '')::boolean)`,
    },
  ],
}

for (const driver of drivers(process.env.MUNJIGI_TEST_DATABASE_URL)) {
  suite(`tenants on ${driver.name}`, () => {
    let opened: Opened
    let db: Kysely<Tables>

    before(async () => {
      opened = await driver.open(plan)
      db = opened.database.as<Tables>('court_serving').withSchema('court')
      for (const tenant of [ONE, TWO]) await withTenant(db, tenant, insert(tenant, `of ${tenant}`))
    })
    after(() => opened.close())

    const insert = (tenant: string, title: string) => (trx: Kysely<Tables>) =>
      trx.insertInto('cases').values({ tenant_id: tenant, title }).execute()
    const titles = async (handle: Kysely<Tables>) =>
      (await handle.selectFrom('cases').select('title').execute()).map(({ title }) => title)

    test('a statement is one: what stands behind a semicolon is refused and changes nothing', async () => {
      const stacked = sql.raw("select 1; set local app.tenant_id = ''; delete from court.cases")

      await assert.rejects(
        withTenant(db, ONE, (trx) => stacked.execute(trx)),
        /multiple commands/,
      )
      await assert.rejects(stacked.execute(db), /multiple commands/)
      assert.deepEqual(await withTenant(db, ONE, titles), [`of ${ONE}`])
    })

    test('no expression of a statement changes whose rows the statement sees', async () => {
      const all = "set_config('app.all_tenants', 'on', true)"
      const expressions = [
        all,
        "set_config('app.tenant_id', '', true)",
        "set_config('role', 'postgres', true)",
        `query_to_xml($text$select ${all}$text$, true, true, '')::text`,
        "query_to_xml('set local app.all_tenants = on', true, true, '')::text",
      ]
      for (const expression of expressions) {
        const read = sql.raw(`select title from court.cases where (${expression}) is not null`)
        await assert.rejects(
          withTenant(db, ONE, (trx) => read.execute(trx)),
          /permission denied for function set_config|not allowed|XML/,
        )
      }
    })

    test('a tenant sees and writes its own rows only, and without a tenant there are none', async () => {
      assert.deepEqual(await withTenant(db, ONE, titles), [`of ${ONE}`])
      assert.deepEqual(await withTenant(db, TWO.toUpperCase(), titles), [`of ${TWO}`])
      assert.deepEqual(await titles(db), [])
      await assert.rejects(withTenant(db, ONE, insert(TWO, 'smuggled')), { code: '42501' })
      await assert.rejects(insert(ONE, 'nowhere')(db), { code: '42501' })
    })

    test('a handle across tenants sees all of them, is held to one by withTenant, and leaks nothing to the other handle', async () => {
      const all = opened.database.as<Tables>('court_serving', { acrossTenants: true }).withSchema('court')
      const both = [`of ${ONE}`, `of ${TWO}`]

      for (let round = 0; round < 20; round += 1) {
        assert.deepEqual((await titles(all)).toSorted(), both)
        assert.deepEqual((await all.transaction().execute(titles)).toSorted(), both)
        assert.deepEqual(await withTenant(all, ONE, titles), [`of ${ONE}`])
        assert.deepEqual(await titles(db), [])
      }
    })

    test('1,000 alternating requests with errors between never see another tenant', async () => {
      async function request(index: number) {
        const tenant = index % 2 ? ONE : TWO
        if (index % 7 === 0) return assert.deepEqual(await titles(db), [])
        if (index % 5 === 0) return assert.rejects(withTenant(db, tenant, (trx) => sql`select 1 / 0`.execute(trx)))
        assert.deepEqual(await withTenant(db, tenant, titles), [`of ${tenant}`])
      }
      for (let index = 0; index < 1_000; index += 20) {
        await Promise.all(Array.from({ length: 20 }, (_, step) => request(index + step)))
      }
    })

    test('a tenant that is not a UUID is refused before any SQL', async () => {
      for (const bad of ['', 'x', `${ONE}'; reset role; --`, ` ${ONE}`, `${ONE}\n`]) {
        await assert.rejects(withTenant(db, bad, titles), /a tenant id is a UUID/)
      }
    })

    test('tenants do not nest, nor does any other handle speak inside one', async () => {
      const inside = (work: (trx: Kysely<Tables>) => Promise<unknown>) => withTenant(db, ONE, work)

      await assert.rejects(
        inside(() => withTenant(db, TWO, titles)),
        /inside a transaction/,
      )
      await assert.rejects(
        inside((trx) => withTenant(trx, TWO, titles)),
        /inside a transaction/,
      )
      await assert.rejects(
        inside(() => titles(db)),
        /only its own transaction/,
      )
      await assert.rejects(
        db.transaction().execute((trx) => withTenant(trx, ONE, titles)),
        /inside a transaction/,
      )
      assert.deepEqual(await titles(db), [])
    })

    test('work begun inside that outlives the transaction has no tenant', async () => {
      const over = Promise.withResolvers<void>()
      let late = Promise.resolve<string[]>(['never run'])
      await withTenant(db, ONE, async () => {
        late = over.promise.then(() => titles(db))
      })
      over.resolve()

      assert.deepEqual(await late, [])
    })
  })
}
