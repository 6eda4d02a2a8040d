import { type Static, Type } from 'typebox'
import { Check } from 'typebox/value'

/** Under it user announces that somebody's rights, key or sessions changed. */
export const ACCESS_CHANNEL = 'munjigi:access'
/** Where user answers the gateway and services, which send `x-internal-key`; never reached from outside (DESIGN §4.6). */
export const INTERNAL_USER_PATH = '/internal/user/v1'

/** Beside the role: who is disabled or rejected may do nothing (DESIGN §4.4). */
export const AccountStatus = Type.Enum(['active', 'disabled', 'rejected'])
export type AccountStatus = Static<typeof AccountStatus>

export const SectionLevel = Type.Enum(['user', 'admin'])
export type SectionLevel = Static<typeof SectionLevel>

/** The level admin includes user. */
export const SectionGrant = Type.Object({ id: Type.String(), level: SectionLevel })
export type SectionGrant = Static<typeof SectionGrant>

/** One name of a person: who calls them so, and what. */
export const PrincipalName = Type.Object({ issuer: Type.String(), sub: Type.String() })
export type PrincipalName = Static<typeof PrincipalName>

/** `GET access?issuer=&sub=` (DESIGN §4.6). Times in whole seconds since 1970, 0 for never. */
export const AccessRecord = Type.Object({
  sub: Type.String({ description: "the platform's subject" }),
  names: Type.Array(PrincipalName),
  status: AccountStatus,
  role: Type.String(),
  superuser: Type.Boolean(),
  tenant: Type.Object({ id: Type.String(), status: Type.Enum(['active', 'suspended']) }),
  sections: Type.Array(SectionGrant),
  valid_from: Type.Integer({ description: 'tokens issued before it are refused' }),
  rights_changed_at: Type.Integer({ description: 'tokens issued until it carry outdated rights and are exchanged' }),
  ended_sids: Type.Array(Type.String()),
})
export type AccessRecord = Static<typeof AccessRecord>

/** `POST tokens`: an API key, a token with outdated rights, or a client's token and the person it acts for. */
export const TokenExchange = Type.Union([
  Type.Object({ api_key: Type.String({ maxLength: 255 }) }, { additionalProperties: false }),
  Type.Object({ token: Type.String() }, { additionalProperties: false }),
  Type.Object(
    {
      token: Type.String(),
      act_for: Type.String({ minLength: 1, maxLength: 255 }),
      module: Type.String({ minLength: 1 }),
    },
    { additionalProperties: false },
  ),
])
export type TokenExchange = Static<typeof TokenExchange>

/** A platform token of 5 minutes; `expires_in` in seconds. */
export const ExchangedToken = Type.Object({
  access_token: Type.String(),
  expires_in: Type.Integer(),
  sub: Type.String(),
  key_id: Type.Optional(Type.String()),
})
export type ExchangedToken = Static<typeof ExchangedToken>

/** What stands in a message on `ACCESS_CHANNEL`. */
const AccessMessage = Type.Union([
  PrincipalName,
  Type.Object({ key_id: Type.String() }),
  Type.Object({ all: Type.Literal(true) }),
])
export type AccessMessage = Static<typeof AccessMessage>

/** The message that `text` is, or undefined where it is none. */
export function readAccessMessage(text: string): AccessMessage | undefined {
  try {
    const message: unknown = JSON.parse(text)
    return Check(AccessMessage, message) ? message : undefined
  } catch {
    return undefined
  }
}
