import { CLOCK_SKEW_S, SUBJECT } from '@munjigi/identity/claims'
import type { Verifier } from '@munjigi/identity/verifier'
import type { Store } from '@munjigi/store/store'
import { refusedAs } from '../idp-verifier.ts'
import { logoutTokenInvalid } from '../problems.ts'

const EVENT = 'http://schemas.openid.net/event/backchannel-logout'
/** Keycloak's tokens live for two minutes; one that says it lives for years is taken for as long as this. */
const LONGEST_LIFE_S = 300
const JTI_LIFE_MS = (LONGEST_LIFE_S + 4 * CLOCK_SKEW_S) * 1000

type Claims = Record<string, unknown>

/** Whose session ended; without `sid`, all that began until `iat` (seconds). */
export interface EndedSession {
  sub: string
  sid: string | undefined
  iat: number
}

interface LogoutTrust {
  idp: { clientId: string }
  verifier: Verifier
  store: Store
  now: () => number
}

/**
 * Checks a logout token (OpenID Connect Back-Channel Logout §2.6); each is taken once, but for one given back.
 * @throws Problem 400 `logout-token-invalid`; 503 `keys-unavailable`
 */
export async function verifyLogoutToken(
  token: string,
  { idp, verifier, store, now }: LogoutTrust,
): Promise<EndedSession & { giveBack(): Promise<void> }> {
  const { header, claims } = await verifier.verifySignature(token).catch(refusedAs(logoutTokenInvalid))
  const fault = faultOf(header.typ, claims, { clientId: idp.clientId, now: Math.floor(now() / 1000) })
  if (fault !== undefined) throw logoutTokenInvalid(fault)
  const { sub, sid, iat, jti } = claims as { sub: string; sid?: string; iat: number; jti: string }
  const key = `logout-token:${idp.clientId}:${jti}`
  if (!(await store.add(key, '1', JTI_LIFE_MS))) throw logoutTokenInvalid('It came before')
  const giveBack = async () => void (await store.remove(key).catch(() => {}))
  return { sub, sid, iat, giveBack }
}

function faultOf(headerType: unknown, claims: Claims, us: { clientId: string; now: number }): string | undefined {
  if (!isLogoutType(headerType, claims)) return 'It is no logout token'
  if (![claims.aud].flat().includes(us.clientId)) return 'It is for another client'
  if ('nonce' in claims) return 'A logout token has no nonce'
  if (!isFresh(claims, us.now)) return 'It is not of now: look at the clocks of the identity provider and the chatbot'
  return faultOfNames(claims)
}

// Without a mark of its own another token of the issuer could be taken for one (RFC 8725 §3.11).
function isLogoutType(headerType: unknown, { typ, events }: Claims): boolean {
  const isMarked = typ === undefined ? String(headerType).toLowerCase() === 'logout+jwt' : typ === 'Logout'
  return isMarked && typeof events === 'object' && events !== null && Object.hasOwn(events, EVENT)
}

function isFresh({ iat, exp }: Claims, now: number): boolean {
  if (!Number.isSafeInteger(iat) || !Number.isSafeInteger(exp)) return false
  const age = now - (iat as number)
  return age >= -CLOCK_SKEW_S && age <= LONGEST_LIFE_S + CLOCK_SKEW_S && now < (exp as number) + CLOCK_SKEW_S
}

function faultOfNames({ sub, sid, jti }: Claims): string | undefined {
  if (typeof sub !== 'string' || !SUBJECT.test(sub)) return 'It names nobody: sub is needed here'
  if (sid !== undefined && typeof sid !== 'string') return 'sid is no text'
  if (typeof jti !== 'string' || jti === '' || jti.length > 255) return 'jti must be a text of 1 to 255 characters'
  return undefined
}
