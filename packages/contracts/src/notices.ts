import { type Static, Type } from 'typebox'

/** What has happened that somebody is told of. */
export const NoticeKind = Type.Enum([
  'approval-asked',
  'approved',
  'rejected',
  'password-link-made',
  'password-changed',
])
export type NoticeKind = Static<typeof NoticeKind>

const NoticeStatus = Type.Enum(['waiting', 'delivered', 'failed'])
const Instant = Type.String({ format: 'date-time' })

/** A mail of the outbox: waiting for its next attempt, delivered, or given up. */
export const Notice = Type.Object({
  id: Type.Integer(),
  kind: NoticeKind,
  status: NoticeStatus,
  recipients: Type.Array(Type.String()),
  subject: Type.String(),
  attempts: Type.Integer(),
  last_error: Type.Union([Type.String(), Type.Null()]),
  created_at: Instant,
  next_attempt_at: Type.Union([Instant, Type.Null()]),
  delivered_at: Type.Union([Instant, Type.Null()]),
})
export type Notice = Static<typeof Notice>

/** A page of the outbox, newest first. */
export const NoticePage = Type.Object({
  notices: Type.Array(Notice),
  next_cursor: Type.Optional(Type.String()),
})

export const NoticeQuery = Type.Object(
  {
    status: Type.Optional(NoticeStatus),
    cursor: Type.Optional(Type.String({ maxLength: 500 })),
    limit: Type.Integer({ minimum: 1, maximum: 200, default: 50 }),
  },
  { additionalProperties: false },
)
export type NoticeQuery = Static<typeof NoticeQuery>
