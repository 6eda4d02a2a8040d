import { Problem } from '@munjigi/problem'
import type { TrustedIssuer } from './issuers.ts'
import type { ParsedJws } from './jws.ts'

/** A token is accepted for so many seconds before its iat and after its exp, for clocks that differ. */
export const CLOCK_SKEW_S = 30
/** Printable ASCII without a space at either end: what can stand in `X-User-Sub` and be read in one way only. */
export const SUBJECT = /^[\x21-\x7e](?:[\x20-\x7e]{0,253}[\x21-\x7e])?$/
const MAX_SUBJECT_LENGTH = 255
/** Claim `typ` of Keycloak's tokens that are no access tokens (KEYCLOAK.md, fact 1). */
const OTHER_TOKENS = new Set(['ID', 'Refresh', 'Offline', 'Logout'])

/** RFC 6750 §3. The details beside it are those of source 003 (§1.2). */
const CHALLENGE = { 'www-authenticate': 'Bearer error="invalid_token"' }

/** 401 for a token that no trusted issuer issued, or that is not for this use; the body gives the `reason`. */
export const tokenInvalid = (reason: string, detail = 'Invalid token') =>
  new Problem(401, 'token-invalid', 'The token is not accepted', { detail, headers: CHALLENGE, extensions: { reason } })
/** 401 for a token that was valid once. */
export const tokenExpired = () =>
  new Problem(401, 'token-expired', 'The token has expired', { detail: 'Token expired', headers: CHALLENGE })

/** Whether a token has not expired, with 30 s for clocks that differ. */
export const isWithin = (exp: number, now: number): boolean => now < exp + CLOCK_SKEW_S

/** @throws Problem 401 unless the claims are those of an access token of this issuer, for us, now (RFC 9068 §4). */
export function checkClaims(jws: ParsedJws, issuer: TrustedIssuer, reserved: ReadonlySet<string>, now: number): void {
  checkType(jws, issuer)
  checkTimes(jws.claims, now)
  checkAudience(jws.claims, issuer)
  checkSubject(jws.claims, issuer, reserved)
}

function checkType({ header, claims }: ParsedJws, issuer: TrustedIssuer): void {
  const headerType = typeof header.typ === 'string' ? header.typ.toLowerCase().replace(/^application\//, '') : undefined
  if (typeof claims.typ === 'string' && OTHER_TOKENS.has(claims.typ))
    throw tokenInvalid('This is no access token: send the access token')
  if (isExpectedType(headerType, claims.typ, issuer)) return
  throw tokenInvalid('This is no access token: send the access token')
}

function isExpectedType(headerType: string | undefined, claimType: unknown, issuer: TrustedIssuer): boolean {
  if (issuer.isPlatform) return headerType === 'at+jwt'
  if (issuer.token_type !== undefined) return claimType === issuer.token_type
  return headerType === 'at+jwt' || claimType === 'Bearer'
}

function checkTimes({ exp, iat, nbf }: Record<string, unknown>, now: number): void {
  if (!Number.isSafeInteger(exp) || !Number.isSafeInteger(iat)) throw tokenInvalid('exp and iat must be whole seconds')
  if (!isWithin(exp as number, now)) throw tokenExpired()
  if ((iat as number) > now + CLOCK_SKEW_S) throw tokenInvalid('The token is from the future: check the clocks')
  if (nbf === undefined) return
  if (!Number.isSafeInteger(nbf) || (nbf as number) > now + CLOCK_SKEW_S)
    throw tokenInvalid('The token is not valid yet')
}

function checkAudience({ aud, azp }: Record<string, unknown>, issuer: TrustedIssuer): void {
  const named = typeof aud === 'string' ? [aud] : Array.isArray(aud) ? aud : []
  const isForUs = issuer.audiences?.some((audience) => named.includes(audience)) ?? false
  const isByOurClient = typeof azp === 'string' && (issuer.authorized_parties?.includes(azp) ?? false)
  if (!isForUs && !isByOurClient) throw tokenInvalid('The token was issued for another audience')
}

function checkSubject({ sub }: Record<string, unknown>, issuer: TrustedIssuer, reserved: ReadonlySet<string>): void {
  if (typeof sub !== 'string' || !SUBJECT.test(sub)) throw tokenInvalid('sub must be 1 to 255 printable characters')
  if (issuer.people !== 'shared') {
    if (`${issuer.name}|${sub}`.length > MAX_SUBJECT_LENGTH)
      throw tokenInvalid('sub is too long behind the name of its issuer')
    return
  }
  // A shared issuer could otherwise name somebody of an issuer whose subjects carry a prefix.
  const bar = sub.indexOf('|')
  if (bar > 0 && reserved.has(sub.slice(0, bar))) throw tokenInvalid("sub begins with another issuer's name")
}
