import { randomUUID } from 'node:crypto'
import type { NewCase } from '@munjigi/contracts/cases'
import { withTenant } from '@munjigi/db/tenant'
import type { CaseDeps } from '../deps.ts'
import { creationTooSlow } from '../problems.ts'
import type { Caller } from '../rights/caller.ts'
import { caseStore, type StoredCase } from './case-store.ts'
import { unsettledGrants } from './unsettled-grants.ts'

/**
 * Makes a case whose trustee is its creator (DESIGN §10), in three steps: a note that a grant is about to be made, the grant at
 * user, then the case, with which the note goes. Wherever this breaks off there is no case, and the sweep withdraws the grant.
 */
export async function createCase(
  { db, user, roles }: Pick<CaseDeps, 'db' | 'user' | 'roles'>,
  { sub, tenantId }: Caller,
  values: NewCase,
): Promise<StoredCase> {
  const of = { tenant_id: tenantId, case_id: randomUUID() }
  await withTenant(db, tenantId, (trx) => unsettledGrants(trx).add(of, 'creating'))
  await user.grant({ ...of, sub, role: 'trustee', actor: sub })
  const made = await withTenant(db, tenantId, async (trx) => {
    if (await unsettledGrants(trx).settleCreation(of))
      return caseStore(trx, tenantId).insert({ ...values, case_id: of.case_id, created_by: sub })
    // The sweep may have looked for grants before this one was made.
    await unsettledGrants(trx).add(of, 'withdrawing')
    return undefined
  })
  roles.drop(sub)
  if (!made) throw creationTooSlow()
  return made
}
