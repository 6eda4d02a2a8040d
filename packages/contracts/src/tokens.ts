import { type Static, Type } from 'typebox'
import { CaseRole } from './case-roles.ts'

const Roles = Type.Object({ roles: Type.Array(Type.String()) })

/** Who acts for the subject (RFC 8693 §4.1). */
export const Actor = Type.Object({ sub: Type.String(), client_id: Type.Optional(Type.String()) })

/** The claims of a platform access token, shape fixed by source 003 §1.1 and DESIGN §4.3; times in whole seconds. */
export const PlatformClaims = Type.Object({
  iss: Type.String(),
  aud: Type.String(),
  sub: Type.String({ minLength: 1, maxLength: 255 }),
  jti: Type.String(),
  sid: Type.Optional(Type.String()),
  iat: Type.Integer(),
  exp: Type.Integer(),
  email: Type.Optional(Type.String()),
  tenant_id: Type.String({ format: 'uuid' }),
  role: Type.String(),
  permissions: Type.Array(Type.String()),
  case_roles: Type.Record(Type.String(), CaseRole),
  case_roles_ref: Type.Optional(Type.Boolean()),
  realm_access: Type.Optional(Roles),
  resource_access: Type.Optional(Type.Record(Type.String(), Roles)),
  act: Type.Optional(Actor),
  amr: Type.Optional(Type.Array(Type.String())),
  client_id: Type.Optional(Type.String()),
  scope: Type.Optional(Type.String()),
  user_id: Type.Optional(Type.String()),
  username_kr: Type.Optional(Type.String()),
  username_en: Type.Optional(Type.String()),
  deptname_kr: Type.Optional(Type.String()),
  deptname_en: Type.Optional(Type.String()),
})
export type PlatformClaims = Static<typeof PlatformClaims>

/** What a sign-in or a refresh answers (RFC 6749 §5.1); `expires_in` in seconds. */
export const TokenAnswer = Type.Object({
  access_token: Type.String(),
  refresh_token: Type.Optional(Type.String()),
  token_type: Type.Literal('Bearer'),
  expires_in: Type.Integer(),
})
export type TokenAnswer = Static<typeof TokenAnswer>

/** Where user publishes the public keys of platform tokens (RFC 7517), and the gateway passes them on. */
export const KEY_SET_PATH = '/.well-known/jwks.json'
