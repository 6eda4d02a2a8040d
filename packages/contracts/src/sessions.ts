import { type Static, Type } from 'typebox'

const Time = Type.String({ format: 'date-time' })

/** One place where a person is signed in; times are ISO 8601 in UTC. */
export const PersonSession = Type.Object({
  sid: Type.String(),
  way: Type.Enum(['sso', 'password']),
  device: Type.String({ description: 'read from the user agent: `Chrome on Windows`' }),
  user_agent: Type.String(),
  address: Type.String({ description: 'whence it was used last' }),
  started_at: Time,
  last_used_at: Time,
  current: Type.Boolean({ description: 'the session that asks' }),
})
export type PersonSession = Static<typeof PersonSession>

/** Live sessions, the one used last first. */
export const SessionList = Type.Object({ sessions: Type.Array(PersonSession) })
export type SessionList = Static<typeof SessionList>

/** `POST /api/auth/v1/validate` (source 004): who the token's person is; the sections sorted and joined by commas. */
export const Validation = Type.Object({
  valid: Type.Literal(true),
  user_id: Type.String({ description: 'the login id' }),
  username: Type.String(),
  is_admin: Type.Boolean(),
  user_type: Type.Enum(['superuser', 'admin', 'standard']),
  available_user_sections: Type.String(),
  available_admin_sections: Type.String(),
})
export type Validation = Static<typeof Validation>
