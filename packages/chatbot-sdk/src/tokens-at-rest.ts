import { createHash } from 'node:crypto'
import type { KeyRing } from '@munjigi/sealing/fernet'
import { tokensUnreadable } from './problems.ts'
import { claimsOf } from './token-claims.ts'
import type { NewLink, SealedTokens, UserMapRow } from './user-map.ts'

/** A hundred years: what is said to last longer is no date that every database keeps. */
const LONGEST_LIFE_SECONDS = 100 * 365 * 24 * 3600

/** Tokens as the IdP gives them; lifetimes in seconds, 0 of the refresh token meaning no end. */
export interface GivenTokens {
  access_token: string
  refresh_token: string
  expires_in: number
  refresh_expires_in: number
}

export interface OpenedTokens {
  access_token: string
  refresh_token: string
  /** Milliseconds. */
  expires_at: number
}

/**
 * Plain Fernet, which Python's `cryptography` reads (source 002): it binds a text to no row, so the tokens' own claims do.
 * @throws Problem 500 `tokens-unreadable` where they are another person's or no access and refresh token
 */
export function sealTokens(keys: KeyRing, sub: string, tokens: GivenTokens, now: number): SealedTokens {
  requireOwn(sub, tokens)
  const inSeconds = (seconds: number) => new Date(now + Math.min(seconds, LONGEST_LIFE_SECONDS) * 1000)
  return {
    access_token: keys.seal(tokens.access_token),
    refresh_token: keys.seal(tokens.refresh_token),
    access_token_expires_at: inSeconds(tokens.expires_in),
    refresh_token_expires_at: tokens.refresh_expires_in > 0 ? inSeconds(tokens.refresh_expires_in) : null,
    refreshed_at: new Date(now),
  }
}

/** What a login brings, ready for the user map. @throws Problem 500 `tokens-unreadable` as `sealTokens` does */
export function newLink(
  keys: KeyRing,
  { sub, chatbotUserId, ...tokens }: GivenTokens & { sub: string; chatbotUserId: string },
  now: number,
): NewLink {
  const { iat } = claimsOf(tokens.access_token) ?? {}
  if (!Number.isSafeInteger(iat)) throw tokensUnreadable()
  return {
    ...sealTokens(keys, sub, tokens, now),
    keycloak_sub: sub,
    kakao_id: chatbotUserId,
    login_at: new Date((iat as number) * 1000),
    login_id: loginIdOf(tokens.refresh_token),
  }
}

/** The first refresh token names its login: a hash, so that nothing at rest can be used. */
export const loginIdOf = (firstRefreshToken: string): string =>
  createHash('sha256').update(firstRefreshToken).digest('base64url')

/** Undefined where they were cleared. @throws Problem 500 `tokens-unreadable`: wrong key, or not this person's tokens */
export function openTokens(keys: KeyRing, row: UserMapRow): OpenedTokens | undefined {
  if (row.access_token === null || row.refresh_token === null || row.access_token_expires_at === null) return undefined
  const tokens = { access_token: open(keys, row.access_token), refresh_token: open(keys, row.refresh_token) }
  requireOwn(row.keycloak_sub, tokens)
  return { ...tokens, expires_at: row.access_token_expires_at.getTime() }
}

function open(keys: KeyRing, sealed: string): string {
  try {
    return keys.open(sealed)
  } catch (cause) {
    throw tokensUnreadable(cause)
  }
}

const REFRESH_TYPES: readonly unknown[] = ['Offline', 'Refresh']

function requireOwn(sub: string, tokens: { access_token: string; refresh_token: string }): void {
  const access = claimsOf(tokens.access_token)
  if (access?.sub !== sub || access.typ !== 'Bearer') throw tokensUnreadable()
  if (!isRefreshTokenOf(sub, tokens.refresh_token)) throw tokensUnreadable()
}

/** Whether a token that can be read is a refresh token of this person; other providers' are opaque. */
export function isRefreshTokenOf(sub: string, token: string): boolean {
  const claims = claimsOf(token)
  return claims === undefined || (claims.sub === sub && REFRESH_TYPES.includes(claims.typ))
}

/** The session at the IdP that tokens belong to, where one of them says. */
export function sidOf(tokens: { access_token: string; refresh_token: string }): string | undefined {
  const sid = claimsOf(tokens.access_token)?.sid ?? claimsOf(tokens.refresh_token)?.sid
  return typeof sid === 'string' ? sid : undefined
}
