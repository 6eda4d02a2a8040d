/** The ways of logging in, each under a path of its own. */
export const KINDS = ['bearer', 'cookie', 'form', 'oauth', 'api-key', 'api-key-query', 'basic', 'totp'] as const
export type Kind = (typeof KINDS)[number]

/** Logins and renewals that were let in, both refused, and requests that were answered. */
export const COUNTED = ['logins', 'renewals', 'refusals', 'requests'] as const
type Counted = (typeof COUNTED)[number]

/** What a kind is given. */
export interface KindParts {
  kind: Kind
  lifeSeconds: number
  count(what: Counted): void
  /** Called when all that the target remembers is to end; with `keepsRefreshTokens` they stay. */
  onForget(forget: (keepsRefreshTokens: boolean) => void): void
}
