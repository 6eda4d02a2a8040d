import type { Approval, ApprovalDecision, NewApproval, PageQuery } from '@munjigi/contracts/cases'
import { isoTime, isoTimeOrNull } from '@munjigi/db/iso-time'
import { pageOf } from '@munjigi/db/page'
import { readCursor, writeCursor } from '@munjigi/server/cursor'
import { type Kysely, type SqlBool, sql } from 'kysely'
import type { Tables } from '../tables.ts'
import { placeOf, TimePlace } from '../time-place.ts'

const columns = [
  'approval_id',
  'case_id',
  'document_id',
  'version',
  'comment',
  'requested_by',
  isoTime('requested_at'),
  'decision',
  'decision_comment',
  'decided_by',
  isoTimeOrNull('decided_at'),
] as const

/** Requests for approval in one case, in the `withTenant` of its tenant. */
export function approvalStore(trx: Kysely<Tables>, tenant_id: string, case_id: string) {
  const ofCase = trx.selectFrom('approvals').where('tenant_id', '=', tenant_id).where('case_id', '=', case_id)
  return {
    find: (approval_id: string): Promise<Approval | undefined> =>
      ofCase.select(columns).where('approval_id', '=', approval_id).executeTakeFirst(),
    insert: (values: NewApproval & { comment: string; requested_by: string }): Promise<Approval> =>
      trx
        .insertInto('approvals')
        .values({ tenant_id, case_id, ...values })
        .returning(columns)
        .executeTakeFirstOrThrow(),
    /** Undefined where it is absent or decided: of many at once one decides. */
    decide: (
      approval_id: string,
      { decision, comment, decided_by }: Required<ApprovalDecision> & { decided_by: string },
    ): Promise<Approval | undefined> =>
      trx
        .updateTable('approvals')
        .set({ decision, decision_comment: comment, decided_by, decided_at: sql`now()` })
        .where('tenant_id', '=', tenant_id)
        .where('case_id', '=', case_id)
        .where('approval_id', '=', approval_id)
        .where('decision', 'is', null)
        .returning(columns)
        .executeTakeFirst(),
    async list({ cursor, limit }: PageQuery) {
      let query = ofCase
        .select([...columns, placeOf('requested_at')])
        .orderBy('approvals.requested_at', 'desc')
        .orderBy('approval_id', 'desc')
        .limit(limit + 1)
      if (cursor !== undefined) {
        const [at, id] = readCursor(TimePlace, cursor)
        query = query.where(sql<SqlBool>`(requested_at, approval_id) < (${at}::timestamptz, ${id}::uuid)`)
      }
      const [approvals, last] = pageOf(await query.execute(), limit)
      return { approvals, ...(last && { next_cursor: writeCursor([last.place, last.approval_id]) }) }
    },
  }
}
