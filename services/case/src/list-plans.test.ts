import { after, before, test } from 'node:test'
import type { CaseQuery } from '@munjigi/contracts/cases'
import { withTenant } from '@munjigi/db/tenant'
import { type TestDatabase, testDatabase } from '@munjigi/testing/database'
import { assertByIndex, plansOf } from '@munjigi/testing/query-plans'
import type { Kysely } from 'kysely'
import { approvalStore } from './approvals/approval-store.ts'
import { caseStore } from './cases/case-store.ts'
import { documentStore } from './documents/document-store.ts'
import { migrationPlan, SCHEMA, SERVING_ROLE } from './migrations/plan.ts'
import type { Tables } from './tables.ts'

const LARGE = '00000000-0000-4000-8000-000000000001'
const SMALL = '00000000-0000-4000-8000-000000000002'
const CASES = 20_000
/** What a page of 50 may touch; a walk through all of a table is far above. */
const MOST_READ = 4_000
const BIG = ['cases', 'documents', 'document_versions', 'approvals']

let testing: TestDatabase
let db: Kysely<Tables>
before(async () => {
  testing = await testDatabase(migrationPlan)
  db = testing.database.as<Tables>(SERVING_ROLE).withSchema(SCHEMA)
  await fill(LARGE, 0, CASES - 1)
  await fill(SMALL, CASES, CASES + 99)
  for (const table of BIG) await testing.asOwner(`analyze cases.${table}`)
})
after(() => testing.close())

const idOf = (index: number): string => `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`

/** In each case a document of two versions and a decided approval; few are closed, and those are old. By the owner, whose statements may take their time. */
async function fill(tenant: string, from: number, to: number) {
  const each = `select '${tenant}'::uuid as tenant_id,
    ('00000000-0000-4000-8000-' || lpad(i::text, 12, '0'))::uuid as id, i
    from generate_series(${from}, ${to}) as i`
  await testing.asOwner(`
    insert into cases.cases (tenant_id, case_id, title, created_by, created_at, status, closed_at)
    select tenant_id, id, 'Case ' || i, 'lee', now() - (${CASES} - i) * interval '1 minute',
      case when i < 20 then 'closed' else 'open' end, case when i < 20 then now() end
    from (${each}) as of`)
  await testing.asOwner('analyze cases.cases')
  await testing.asOwner(`
    insert into cases.documents (tenant_id, case_id, document_id, version)
    select tenant_id, id, id, 2 from (${each}) as of`)
  await testing.asOwner('analyze cases.documents')
  await testing.asOwner(`
    insert into cases.document_versions (tenant_id, case_id, document_id, version, title, media_type, body, written_by)
    select tenant_id, id, id, version, 'Plan', 'text/plain', '', 'lee'
    from (${each}) as of, generate_series(1, 2) as version`)
  await testing.asOwner(`
    insert into cases.approvals (tenant_id, case_id, comment, requested_by, decision, decided_by, decided_at, decision_comment)
    select tenant_id, id, '', 'lee', 'approved', 'kim', now(), '' from (${each}) as of`)
}

async function assertListed(name: string, tenant: string, list: (db: Kysely<Tables>) => Promise<unknown>) {
  const plans = await withTenant(db, tenant, (trx) => plansOf(trx, list))
  assertByIndex(plans, { big: BIG, mostRead: MOST_READ, name: `${name}, tenant ${tenant}` })
}

test('every page of cases is found by index, an administrator’s and a member’s', async () => {
  const pageOf =
    (tenant: string, query: Partial<CaseQuery> & { case_ids: string[] | undefined }) => (trx: Kysely<Tables>) =>
      caseStore(trx, tenant).list({ limit: 50, ...query })
  const members = {
    few: [7, 4711, 19_999].map(idOf),
    none: [],
    many: Array.from({ length: 400 }, (_, at) => idOf(at * 50)),
  }
  for (const tenant of [LARGE, SMALL]) {
    const { next_cursor = '' } = await withTenant(db, tenant, pageOf(tenant, { case_ids: undefined }))
    for (const query of [{}, { cursor: next_cursor }, { status: 'open' }, { status: 'closed' }] as const) {
      const name = JSON.stringify(query)
      await assertListed(`all ${name}`, tenant, pageOf(tenant, { ...query, case_ids: undefined }))
      for (const [many, case_ids] of Object.entries(members))
        await assertListed(`those of ${many} ${name}`, tenant, pageOf(tenant, { ...query, case_ids }))
      await assertListed(`found ${name}`, tenant, pageOf(tenant, { ...query, search: 'Case', case_ids: members.few }))
    }
  }
})

test('what is in a case is found by index', async () => {
  const page = { limit: 50 }
  for (const [tenant, id] of [
    [LARGE, idOf(4711)],
    [SMALL, idOf(CASES + 5)],
  ] as const) {
    await assertListed('the case', tenant, (trx) => caseStore(trx, tenant).find(id))
    await assertListed('its documents', tenant, (trx) => documentStore(trx, tenant, id).list(page))
    await assertListed('a document', tenant, (trx) => documentStore(trx, tenant, id).find(id))
    await assertListed('its versions', tenant, (trx) => documentStore(trx, tenant, id).listVersions(id, page))
    await assertListed('its approvals', tenant, (trx) => approvalStore(trx, tenant, id).list(page))
  }
})
