import { type Static, Type } from 'typebox'
import { TenantFilter } from './tenants.ts'

/** One line of the append-only audit log. */
export const AuditEvent = Type.Object({
  id: Type.String(),
  at: Type.String({ format: 'date-time' }),
  actor: Type.Union([Type.String(), Type.Null()], { description: 'subject of who did it; null for the system' }),
  action: Type.String(),
  target: Type.Union([Type.String(), Type.Null()]),
  details: Type.Record(Type.String(), Type.Unknown()),
  request_id: Type.Union([Type.String(), Type.Null()]),
})
export type AuditEvent = Static<typeof AuditEvent>

/** A page of the audit log, newest first. */
export const AuditPage = Type.Object({
  events: Type.Array(AuditEvent),
  next_cursor: Type.Optional(Type.String()),
})

const Instant = Type.String({ format: 'date-time' })
/** What `GET /api/admin/v1/audit-events` and its export are asked for; `until` itself is outside. */
export const AuditFilter = Type.Object(
  {
    actor: Type.Optional(Type.String({ maxLength: 255, description: 'subject of who did it' })),
    target: Type.Optional(Type.String({ maxLength: 255 })),
    action: Type.Optional(Type.String({ maxLength: 100, description: 'the action, or its beginning: `person.`' })),
    tenant_id: TenantFilter,
    from: Type.Optional(Instant),
    until: Type.Optional(Instant),
  },
  { additionalProperties: false },
)
export type AuditFilter = Static<typeof AuditFilter>
