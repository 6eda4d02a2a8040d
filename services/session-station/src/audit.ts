import type { Kysely } from 'kysely'
import type { Tables } from './tables.ts'

export interface NewAuditEvent {
  /** Subject of who did it. */
  actor: string
  /** `template.removed`: noun, dot, what happened. */
  action: string
  target: string
  request_id: string
  details?: Record<string, unknown>
}

/** Writes one line of the audit log; of a transaction where what it tells is written there too. */
export async function recordEvent(db: Kysely<Tables>, { details = {}, ...event }: NewAuditEvent): Promise<void> {
  await db
    .insertInto('audit_events')
    .values({ ...event, details: JSON.stringify(details) })
    .execute()
}
