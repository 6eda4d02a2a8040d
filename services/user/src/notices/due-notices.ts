import type { Kysely } from 'kysely'
import type { Tables } from '../tables.ts'

/** Longer than sending takes. If the process dies meanwhile, the notice is sent again after this time. */
const CLAIM_MS = 60_000
const DELIVERED_KEPT_MS = 30 * 86_400_000
const FAILED_KEPT_MS = 90 * 86_400_000
const BATCH = 1_000

export type DueNotice = NonNullable<Awaited<ReturnType<typeof claimNotice>>>

/** Claims the notice that has waited longest for a minute, so that several processes each send another one. */
export const claimNotice = (db: Kysely<Tables>) =>
  db
    .updateTable('notices')
    .set(({ eb }) => ({ attempts: eb('attempts', '+', 1), next_attempt_at: new Date(Date.now() + CLAIM_MS) }))
    .where('id', '=', ({ selectFrom }) =>
      selectFrom('notices as due')
        .select('due.id')
        .where('due.next_attempt_at', '<=', new Date())
        .orderBy('due.next_attempt_at')
        .limit(1)
        .forUpdate()
        .skipLocked(),
    )
    .returning(['id', 'kind', 'recipients', 'content', 'created_at', 'attempts', 'idempotency_key'])
    .executeTakeFirst()

export async function markDelivered(db: Kysely<Tables>, id: number): Promise<void> {
  const delivered_at = new Date()
  await db
    .updateTable('notices')
    .set({ delivered_at, next_attempt_at: null, last_error: null })
    .where('id', '=', id)
    .execute()
}

/** `nextAttemptAt` null: nothing is left to try. */
export async function markFailed(
  db: Kysely<Tables>,
  id: number,
  failed: { error: string; nextAttemptAt: Date | null },
) {
  await db
    .updateTable('notices')
    .set({ last_error: failed.error, next_attempt_at: failed.nextAttemptAt })
    .where('id', '=', id)
    .where('delivered_at', 'is', null)
    .execute()
}

/** Removes what has long been delivered or given up; true when nothing is left. */
export async function sweepNotices(db: Kysely<Tables>): Promise<boolean> {
  const before = (ms: number) => new Date(Date.now() - ms)
  const { numDeletedRows } = await db
    .deleteFrom('notices')
    .where('id', 'in', ({ selectFrom }) =>
      selectFrom('notices')
        .select('id')
        .where(({ or, and, eb }) =>
          or([
            eb('delivered_at', '<', before(DELIVERED_KEPT_MS)),
            and([
              eb('delivered_at', 'is', null),
              eb('next_attempt_at', 'is', null),
              eb('created_at', '<', before(FAILED_KEPT_MS)),
            ]),
          ]),
        )
        .limit(BATCH),
    )
    .executeTakeFirst()
  return Number(numDeletedRows) < BATCH
}
