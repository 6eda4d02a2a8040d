import { withTenant } from '@munjigi/db/tenant'
import { type Kysely, sql } from 'kysely'
import type { UserService } from '../case-roles/user-service.ts'
import type { Tables } from '../tables.ts'

const BATCH = 50

export interface CaseOfTenant {
  tenant_id: string
  case_id: string
}

interface GrantDeps {
  db: Kysely<Tables>
  user: Pick<UserService, 'listOfCase' | 'withdraw'>
}

/** Cases whose grants at user may stand without them: written before what makes them so, taken out when all is well. */
export function unsettledGrants(trx: Kysely<Tables>) {
  return {
    add: (of: CaseOfTenant, state: 'creating' | 'withdrawing') =>
      trx
        .insertInto('unsettled_grants')
        .values({ ...of, state })
        .execute(),
    /** False where the sweep has begun to withdraw them. */
    async settleCreation({ tenant_id, case_id }: CaseOfTenant): Promise<boolean> {
      const row = await trx
        .deleteFrom('unsettled_grants')
        .where('tenant_id', '=', tenant_id)
        .where('case_id', '=', case_id)
        .where('state', '=', 'creating')
        .returning('case_id')
        .executeTakeFirst()
      return row !== undefined
    },
    /** From now on the case cannot be made any more; false where it was. */
    async beginWithdrawal({ tenant_id, case_id }: CaseOfTenant): Promise<boolean> {
      const row = await trx
        .updateTable('unsettled_grants')
        .set({ state: 'withdrawing' })
        .where('tenant_id', '=', tenant_id)
        .where('case_id', '=', case_id)
        .returning('case_id')
        .executeTakeFirst()
      return row !== undefined
    },
    remove: ({ tenant_id, case_id }: CaseOfTenant) =>
      trx.deleteFrom('unsettled_grants').where('tenant_id', '=', tenant_id).where('case_id', '=', case_id).execute(),
    /** Those left behind by a crash or an outage; a creation counts after `patienceMs`. */
    listDue: (patienceMs: number): Promise<CaseOfTenant[]> =>
      trx
        .selectFrom('unsettled_grants')
        .select(['tenant_id', 'case_id'])
        .where(({ or, eb }) =>
          or([
            eb('state', '=', 'withdrawing'),
            eb('since', '<=', sql<Date>`now() - make_interval(secs => ${patienceMs / 1000})`),
          ]),
        )
        .orderBy('since')
        .limit(BATCH)
        .execute(),
  }
}

/** Withdraws every grant of a case that is gone or was never made; once more is no harm. */
export async function withdrawGrants({ db, user }: GrantDeps, of: CaseOfTenant): Promise<void> {
  const isGone = await withTenant(db, of.tenant_id, (trx) => unsettledGrants(trx).beginWithdrawal(of))
  if (!isGone) return
  for (const { sub } of await user.listOfCase(of)) await user.withdraw({ case_id: of.case_id, sub })
  await withTenant(db, of.tenant_id, (trx) => unsettledGrants(trx).remove(of))
}

/** A batch of what `all`, a handle across tenants, finds unsettled; true when nothing is left. */
export async function sweepGrants(all: Kysely<Tables>, deps: GrantDeps, patienceMs: number): Promise<boolean> {
  const due = await unsettledGrants(all).listDue(patienceMs)
  for (const of of due) await withdrawGrants(deps, of)
  return due.length < BATCH
}
