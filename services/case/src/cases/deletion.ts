import { withTenant } from '@munjigi/db/tenant'
import type { CaseOfTenant } from '../case-ids.ts'
import type { CaseDeps } from '../deps.ts'
import { inMembersTurn } from '../members/turn.ts'
import { caseNotFound } from '../problems.ts'
import { caseStore } from './case-store.ts'
import { unsettledGrants, withdrawGrants } from './unsettled-grants.ts'

/** Removes a case with all that is in it, then its grants; those that user cannot withdraw now are left to the sweep. */
export async function deleteCase(
  deps: Pick<CaseDeps, 'db' | 'user' | 'log'>,
  of: CaseOfTenant,
  deletedBy: string,
): Promise<void> {
  // Nobody may become a member meanwhile, as that grant would outlive the case.
  await inMembersTurn(deps.db, of, () =>
    withTenant(deps.db, of.tenant_id, async (trx) => {
      if (!(await caseStore(trx, of.tenant_id).remove(of.case_id))) throw caseNotFound()
      await unsettledGrants(trx).add(of, 'withdrawing', deletedBy)
    }),
  )
  await withdrawGrants(deps, of).catch((error) =>
    deps.log.warn({ err: error }, 'grants of a deleted case are left to the sweep'),
  )
}
