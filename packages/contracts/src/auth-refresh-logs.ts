import { type Static, Type } from 'typebox'
import { ServiceId } from './auth-profiles.ts'

export const RefreshType = Type.Enum(['login', 'refresh', 'test'])
const Milliseconds = Type.Integer({ description: 'milliseconds' })

/** One attempt at a login, a renewal or a test login (source 004, auth_refresh_logs): names of fields, never values. */
export const RefreshLog = Type.Object({
  id: Type.Integer(),
  profile_id: Type.Integer(),
  service_id: ServiceId,
  user_id: Type.String({ description: "the owner's subject" }),
  refresh_type: RefreshType,
  success: Type.Boolean(),
  extracted_fields: Type.Array(Type.String()),
  error_message: Type.Union([Type.String(), Type.Null()]),
  response_status_code: Type.Union([Type.Integer(), Type.Null()], { description: 'null: no answer came' }),
  duration_ms: Milliseconds,
  created_at: Type.String({ format: 'date-time' }),
})
export type RefreshLog = Static<typeof RefreshLog>

/** `GET auth-profiles/{service_id}/logs`, newest first. */
export const RefreshLogPage = Type.Object({
  logs: Type.Array(RefreshLog),
  next_cursor: Type.Optional(Type.String({ description: 'absent on the last page' })),
})

/** The attempts of one day in UTC; durations are those of all of them, failed ones too. */
export const RefreshLogDay = Type.Object({
  date: Type.String({ format: 'date' }),
  total: Type.Integer(),
  succeeded: Type.Integer(),
  success_rate: Type.Number({ description: 'from 0 to 1' }),
  p50_ms: Milliseconds,
  p95_ms: Milliseconds,
})
export type RefreshLogDay = Static<typeof RefreshLogDay>
