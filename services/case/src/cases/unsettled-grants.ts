import { withTenant } from '@munjigi/db/tenant'
import { type Kysely, sql } from 'kysely'
import type { CaseOfTenant } from '../case-ids.ts'
import type { UserService } from '../case-roles/user-service.ts'
import type { Tables } from '../tables.ts'
import { placeOf } from '../time-place.ts'

const BATCH = 50
const NOW = sql<Date>`clock_timestamp()`

interface GrantDeps {
  db: Kysely<Tables>
  user: Pick<UserService, 'listOfCase' | 'withdraw'>
}

/** Notes of cases that may have grants at user without existing: written before anything can go wrong, removed when all is well. */
export function unsettledGrants(trx: Kysely<Tables>) {
  return {
    add: (of: CaseOfTenant, state: 'creating' | 'withdrawing', deleted_by: string | null = null) =>
      trx
        .insertInto('unsettled_grants')
        .values({ ...of, state, deleted_by })
        .onConflict((conflict) =>
          conflict.columns(['tenant_id', 'case_id']).doUpdateSet({ state, deleted_by, since: NOW }),
        )
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
    /**
     * After this the case can no longer be made. Gives what `remove` takes and who deleted the case; undefined where it was
     * made.
     */
    beginWithdrawal: ({ tenant_id, case_id }: CaseOfTenant) =>
      trx
        .updateTable('unsettled_grants')
        .set({ state: 'withdrawing', since: NOW })
        .where('tenant_id', '=', tenant_id)
        .where('case_id', '=', case_id)
        .returning([placeOf('since'), 'deleted_by'])
        .executeTakeFirst(),
    /** A note that was added again meanwhile stays, as there may be a grant that was not seen. */
    remove: ({ tenant_id, case_id }: CaseOfTenant, begun: string) =>
      trx
        .deleteFrom('unsettled_grants')
        .where('tenant_id', '=', tenant_id)
        .where('case_id', '=', case_id)
        .where('since', '=', sql<Date>`${begun}::timestamptz`)
        .execute(),
    /** Notes left behind by a crash or an outage; those of a creation after `patienceMs`. */
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

/** Withdraws every grant of a case that is gone or was never made; doing it again is harmless. */
export async function withdrawGrants({ db, user }: GrantDeps, of: CaseOfTenant): Promise<void> {
  const begun = await withTenant(db, of.tenant_id, (trx) => unsettledGrants(trx).beginWithdrawal(of))
  if (begun === undefined) return
  const actor = begun.deleted_by ?? undefined
  for (const { sub } of await user.listOfCase(of))
    await user.withdraw({ case_id: of.case_id, sub, ...(actor !== undefined && { actor }) })
  await withTenant(db, of.tenant_id, (trx) => unsettledGrants(trx).remove(of, begun.place))
}

/** Settles one batch of what `all`, a handle across tenants, finds; true when nothing is left. */
export async function sweepGrants(all: Kysely<Tables>, deps: GrantDeps, patienceMs: number): Promise<boolean> {
  const due = await unsettledGrants(all).listDue(patienceMs)
  for (const of of due) await withdrawGrants(deps, of)
  return due.length < BATCH
}
