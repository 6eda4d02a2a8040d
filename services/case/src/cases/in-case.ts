import { withTenant } from '@munjigi/db/tenant'
import type { FastifyRequest } from 'fastify'
import type { Kysely } from 'kysely'
import { caseNotFound } from '../problems.ts'
import { callerOf } from '../rights/caller.ts'
import type { Tables } from '../tables.ts'
import { caseStore } from './case-store.ts'

/** What a store of something in a case is made from. */
type OfCase = [trx: Kysely<Tables>, tenantId: string, caseId: string]

/**
 * Runs `work` in a transaction of the caller's tenant on the case that the path names; with `open` the case is open, and stays
 * so until the end. @throws Problem 404 `case-not-found`, 409 `case-closed`
 */
export function inCase<Result>(
  db: Kysely<Tables>,
  request: FastifyRequest,
  state: 'readable' | 'open',
  work: (...of: OfCase) => Promise<Result>,
): Promise<Result> {
  const { tenantId } = callerOf(request)
  const { case_id } = request.params as { case_id: string }
  return withTenant(db, tenantId, async (trx) => {
    const cases = caseStore(trx, tenantId)
    if (state === 'open') await cases.requireOpen(case_id)
    else if (!(await cases.find(case_id))) throw caseNotFound()
    return work(trx, tenantId, case_id)
  })
}
