import { type Static, Type } from 'typebox'

const strict = { additionalProperties: false }

/** As typed; 1,024 characters are counted after NFC, in which some write one as up to four. */
const PasswordText = Type.String({ minLength: 1, maxLength: 4096, format: 'password' })
const Email = Type.String({ minLength: 1, maxLength: 254 })

/** A sign-in by password; `cookie` puts the refresh token where scripts cannot read it. */
export const Credentials = Type.Object(
  { email: Email, password: PasswordText, delivery: Type.Optional(Type.Enum(['body', 'cookie'])) },
  strict,
)
export type Credentials = Static<typeof Credentials>

export const PasswordChange = Type.Object({ current_password: PasswordText, new_password: PasswordText }, strict)
export type PasswordChange = Static<typeof PasswordChange>

/** `token` is what stands behind `#token=` in the link. */
export const PasswordReset = Type.Object(
  { token: Type.String({ minLength: 1, maxLength: 100 }), new_password: PasswordText },
  strict,
)
export type PasswordReset = Static<typeof PasswordReset>

/** Whom a link is for, where they have no e-mail yet or are to sign in with another. */
export const NewPasswordReset = Type.Object({ email: Type.Optional(Email) }, strict)
export type NewPasswordReset = Static<typeof NewPasswordReset>

/** Works once, until `expires_at`. */
export const PasswordResetLink = Type.Object({
  reset_url: Type.String(),
  expires_at: Type.String({ format: 'date-time' }),
})
export type PasswordResetLink = Static<typeof PasswordResetLink>
