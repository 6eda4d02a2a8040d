import type { Case, CaseChange, CaseQuery, NewCase } from '@munjigi/contracts/cases'
import { isoTime, isoTimeOrNull } from '@munjigi/db/iso-time'
import { pageOf } from '@munjigi/db/page'
import { readCursor, writeCursor } from '@munjigi/server/cursor'
import { type Kysely, type SqlBool, sql } from 'kysely'
import { caseClosed, caseNotFound } from '../problems.ts'
import type { Tables } from '../tables.ts'
import { placeOf, TimePlace } from '../time-place.ts'

/** A case without what it is to its reader. */
export type StoredCase = Omit<Case, 'own_role'>

const columns = [
  'case_id',
  'title',
  'description',
  'status',
  'created_by',
  isoTime('created_at'),
  isoTime('updated_at'),
  isoTimeOrNull('closed_at'),
] as const

interface CaseFilter extends CaseQuery {
  /** Only these cases; undefined for all of the tenant. */
  case_ids: string[] | undefined
}

/** Cases of one tenant, in its `withTenant`; row-level security would hide the others', and `where` says so too. */
export function caseStore(trx: Kysely<Tables>, tenant_id: string) {
  const ofTenant = trx.selectFrom('cases').where('tenant_id', '=', tenant_id)
  const update = (case_id: string) =>
    trx.updateTable('cases').where('tenant_id', '=', tenant_id).where('case_id', '=', case_id)

  async function requireOpen(case_id: string): Promise<void> {
    const row = await ofTenant.select('status').where('case_id', '=', case_id).forNoKeyUpdate().executeTakeFirst()
    if (!row) throw caseNotFound()
    if (row.status === 'closed') throw caseClosed()
  }

  return {
    find: (case_id: string): Promise<StoredCase | undefined> =>
      ofTenant.select(columns).where('case_id', '=', case_id).executeTakeFirst(),
    /**
     * Within a transaction the case stays open until its end. One at a time: those who share a lock overtake whoever waits for
     * it, and nobody could be put out of a case who writes in it without a pause. @throws Problem 404 or 409
     */
    requireOpen,
    insert: (values: NewCase & { case_id: string; created_by: string }): Promise<StoredCase> =>
      trx
        .insertInto('cases')
        .values({ tenant_id, ...values })
        .returning(columns)
        .executeTakeFirstOrThrow(),
    /**
     * Undefined where it is absent or closed. A single statement: two transactions that first locked it as open would wait for
     * each other.
     */
    updateOpen: (case_id: string, change: CaseChange): Promise<StoredCase | undefined> =>
      update(case_id)
        .where('status', '=', 'open')
        .set({ ...change, updated_at: sql`now()` })
        .returning(columns)
        .executeTakeFirst(),
    /** Undefined where it is absent or has that status already. */
    setStatus: (case_id: string, status: Case['status']): Promise<StoredCase | undefined> =>
      update(case_id)
        .where('status', '<>', status)
        .set({ status, closed_at: status === 'closed' ? sql`now()` : null, updated_at: sql`now()` })
        .returning(columns)
        .executeTakeFirst(),
    remove: (case_id: string) =>
      trx
        .deleteFrom('cases')
        .where('tenant_id', '=', tenant_id)
        .where('case_id', '=', case_id)
        .returning('case_id')
        .executeTakeFirst(),
    async list({ search, status, cursor, limit, case_ids }: CaseFilter) {
      let query = ofTenant
        .select([...columns, placeOf('created_at')])
        .orderBy('cases.created_at', 'desc')
        .orderBy('case_id', 'desc')
        .limit(limit + 1)
      if (case_ids !== undefined) query = query.where(sql<SqlBool>`case_id = any(${case_ids}::uuid[])`)
      if (status !== undefined) query = query.where('status', '=', status)
      if (search !== undefined) query = query.where('title', 'ilike', partOf(search))
      if (cursor !== undefined) {
        const [at, id] = readCursor(TimePlace, cursor)
        query = query.where(sql<SqlBool>`(created_at, case_id) < (${at}::timestamptz, ${id}::uuid)`)
      }
      const [page, last] = pageOf(await query.execute(), limit)
      return { rows: page, ...(last && { next_cursor: writeCursor([last.place, last.case_id]) }) }
    },
  }
}

const partOf = (text: string): string => `%${text.normalize('NFC').replace(/[\\%_]/g, '\\$&')}%`
