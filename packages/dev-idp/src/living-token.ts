import type { JWTPayload } from 'jose'
import type { Idp } from './idp.ts'
import type { Person } from './people.ts'

export interface LivingToken {
  claims: JWTPayload
  person: Person
}

/** An access token whose login still lives, or in a word why it is none. */
export async function livingAccessToken(idp: Idp, token: string): Promise<LivingToken | string> {
  const claims = await idp.tokens.read(token)
  if (claims?.typ !== 'Bearer' || idp.records.find('Revoked', String(claims.jti)) !== undefined)
    return 'Token verification failed'
  if (Number(claims.iat) < idp.realm.notBefore) return 'Token verification failed'
  // A client's own token has no session.
  if (claims.sid !== undefined && idp.logins.findAny(String(claims.sid), String(claims.azp)) === undefined)
    return 'user_session_not_found'
  const person = idp.people.findById(String(claims.sub))
  if (person === undefined) return 'user_session_not_found'
  if (!person.enabled) return 'User disabled'
  if (Number(claims.iat) < person.notBefore) return 'Stale token'
  return { claims, person }
}
