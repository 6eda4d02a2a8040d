import type { JWTPayload } from 'jose'
import type { Idp } from '../idp.ts'
import type { Login } from '../logins.ts'
import { invalidGrant, invalidRequest } from '../oauth-error.ts'
import type { Person } from '../people.ts'
import type { Client } from '../realm.ts'
import { rolesOf } from '../roles.ts'
import { resolveScopes } from '../scopes.ts'
import { loginTokens } from './login-tokens.ts'
import type { TokenGrant } from './token-grant.ts'

/** RFC 6749 §6 with Keycloak's refusals; a narrower or wider `scope` is ignored, as there. */
export const refreshGrant: TokenGrant = async (idp, client, { form }) => {
  const token = form.get('refresh_token')
  if (token === null || token === '') throw invalidRequest('No refresh token')
  const { login, person, claims } = await requireLogin(idp, client, token)
  const scopes = resolveScopes(client, login.scope)
  if (scopes === undefined) throw invalidGrant('Client no longer has requested consent from user')

  const reuseId = String(claims.reuse_id)
  idp.logins.use(login, { jti: String(claims.jti), reuse_id: reuseId, iat: Number(claims.iat) })
  const origin = login.offline ? 'ofrtrt' : 'onrtrt'
  return loginTokens(idp, { subject: { person, client, scopes }, login, origin, reuseId })
}

/** What a refresh token of this client says, whether or not its login still lives. */
export async function requireRefreshClaims(idp: Idp, client: Client, token: string): Promise<JWTPayload> {
  const claims = await idp.tokens.readRefreshToken(token)
  if (claims === undefined) throw invalidGrant('Invalid refresh token')
  if (claims.iss !== idp.issuer) throw invalidGrant(`Invalid token issuer. Expected '${idp.issuer}'`)
  if (claims.azp !== client.clientId)
    throw invalidGrant("Invalid refresh token. Token client and authorized client don't match")
  return claims
}

/**
 * The living login that a refresh token of this client belongs to.
 * @throws OAuthError `invalid_grant` with Keycloak's words for what is wrong.
 */
async function requireLogin(
  idp: Idp,
  client: Client,
  token: string,
): Promise<{ login: Login; person: Person; claims: JWTPayload }> {
  const claims = await requireRefreshClaims(idp, client, token)
  if (Number(claims.iat) < idp.realm.notBefore) throw invalidGrant('Stale token')
  const offline = claims.typ === 'Offline'
  const person = idp.people.findById(String(claims.sub))
  if (person === undefined) throw noSession(offline)
  if (!person.enabled) throw invalidGrant('User disabled')
  const login = idp.logins.find(String(claims.sid), client.clientId, offline)
  if (login === undefined) throw noLogin(idp, { sid: String(claims.sid), client_id: client.clientId, offline })
  if (Number(claims.iat) < person.notBefore) throw invalidGrant('Stale token')
  if (offline && !rolesOf(idp.realm, person).realm.includes('offline_access'))
    throw invalidGrant('Offline session invalid because offline access not granted anymore')
  return { login, person, claims }
}

const noSession = (offline: boolean) => invalidGrant(offline ? 'Offline user session not found' : 'Session not active')

const noLogin = ({ logins }: Idp, login: Pick<Login, 'sid' | 'client_id' | 'offline'>) =>
  logins.isDetached(login) ? invalidGrant("Session doesn't have required client") : noSession(login.offline)
