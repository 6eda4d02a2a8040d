import type { QueryCreator, Transaction } from 'kysely'
import type { Tables } from '../tables.ts'

export interface NewAuditEvent {
  /** Subject of whoever did it; null for the system, and for people who are not known here yet. */
  actor: string | null
  /** `person.approved`, `sso.login-id-taken`: noun, dot, what happened. */
  action: string
  target: string | null
  tenant_id: string | null
  request_id: string | null
  details?: Record<string, unknown>
}

/** Writes one line of the audit log in the transaction of what it reports, so that there is never one without the other. */
export const recordEvent = (trx: Transaction<Tables>, event: NewAuditEvent): Promise<void> => recordEvents(trx, [event])

/** A line about what somebody did to something of their own. */
export const recordOwn = (
  trx: Transaction<Tables>,
  { sub, tenant_id }: { sub: string; tenant_id: string },
  event: Omit<NewAuditEvent, 'actor' | 'target' | 'tenant_id'>,
): Promise<void> => recordEvent(trx, { ...event, actor: sub, target: sub, tenant_id })

export async function recordEvents(trx: Transaction<Tables>, events: NewAuditEvent[]): Promise<void> {
  await trx
    .insertInto('audit_events')
    .values(events.map((event) => ({ ...event, details: JSON.stringify(event.details ?? {}) })))
    .execute()
}

/** A line of the log as part of the very statement that it reports; `details` as JSON. */
export const insertEvent = (query: QueryCreator<Tables>, event: Omit<NewAuditEvent, 'details'> & { details: string }) =>
  query.insertInto('audit_events').values(event)
