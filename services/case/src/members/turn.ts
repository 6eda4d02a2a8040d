import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { withTenant } from '@munjigi/db/tenant'
import { type Kysely, sql } from 'kysely'
import type { CaseOfTenant } from '../case-ids.ts'
import { caseNotFound, membersBusy } from '../problems.ts'
import type { Tables } from '../tables.ts'

/** Longer than the three questions to user that a turn may take. */
const TURN_S = 10
const PAUSE_MS = 50
const MAX_ATTEMPTS = 15

/**
 * Runs `work` while nobody else changes the members of the case, in whichever process. User keeps them, and nothing may be
 * awaited from there inside a transaction, so a turn is a mark on the row; one that is never given back ends by itself.
 * @throws Problem 404 `case-not-found`, 503 `members-busy`
 */
export async function inMembersTurn<Result>(
  db: Kysely<Tables>,
  of: CaseOfTenant,
  work: () => Promise<Result>,
): Promise<Result> {
  const turn = randomUUID()
  await takeTurn(db, of, turn)
  try {
    return await work()
  } finally {
    await withTenant(db, of.tenant_id, (trx) => release(trx, of, turn)).catch(() => {
      // The mark ends by itself.
    })
  }
}

async function takeTurn(db: Kysely<Tables>, of: CaseOfTenant, turn: string, attempt = 1): Promise<void> {
  const outcome = await withTenant(db, of.tenant_id, (trx) => take(trx, of, turn))
  if (outcome === 'absent') throw caseNotFound()
  if (outcome === 'taken') return
  if (attempt === MAX_ATTEMPTS) throw membersBusy()
  await pause(PAUSE_MS)
  return takeTurn(db, of, turn, attempt + 1)
}

async function take(
  trx: Kysely<Tables>,
  { tenant_id, case_id }: CaseOfTenant,
  turn: string,
): Promise<'taken' | 'busy' | 'absent'> {
  const taken = await trx
    .updateTable('cases')
    .set({ members_turn: turn, members_turn_until: sql`now() + make_interval(secs => ${TURN_S})` })
    .where('tenant_id', '=', tenant_id)
    .where('case_id', '=', case_id)
    .where(({ or, eb }) => or([eb('members_turn', 'is', null), eb('members_turn_until', '<', sql<Date>`now()`)]))
    .returning('case_id')
    .executeTakeFirst()
  if (taken) return 'taken'
  const found = await trx
    .selectFrom('cases')
    .select('case_id')
    .where('tenant_id', '=', tenant_id)
    .where('case_id', '=', case_id)
    .executeTakeFirst()
  return found ? 'busy' : 'absent'
}

async function release(trx: Kysely<Tables>, { tenant_id, case_id }: CaseOfTenant, turn: string): Promise<void> {
  await trx
    .updateTable('cases')
    .set({ members_turn: null, members_turn_until: null })
    .where('tenant_id', '=', tenant_id)
    .where('case_id', '=', case_id)
    .where('members_turn', '=', turn)
    .execute()
}
