import type { JWTPayload } from 'jose'
import { authenticateClient } from '../client-auth.ts'
import type { Answer, Endpoint } from '../endpoint.ts'
import type { Idp } from '../idp.ts'
import { invalidRequest, OAuthError } from '../oauth-error.ts'
import { nowSeconds } from '../records.ts'

// Keycloak answers 200 here too, with an error in the body.
const UNKNOWN: Answer = { status: 200, body: { error: 'invalid_token', error_description: 'Invalid token' } }

/** RFC 7009: a refresh token ends its login, an access token itself alone. */
export const revocationEndpoint =
  (idp: Idp): Endpoint =>
  async (request) => {
    const client = authenticateClient(idp, request)
    const token = request.form.get('token')
    if (token === null) throw invalidRequest('Token not provided')
    const refresh = await idp.tokens.readRefreshToken(token)
    const claims = refresh ?? (await idp.tokens.read(token))
    if (claims === undefined || claims.iss !== idp.issuer) return UNKNOWN
    if (claims.azp !== client.clientId) throw invalidRequest('Unmatching clients')
    return refresh === undefined ? revokeAccess(idp, claims) : endLogin(idp, claims)
  }

function revokeAccess({ records }: Idp, claims: JWTPayload): Answer {
  if (claims.typ === 'ID') throw new OAuthError(400, 'unsupported_token_type', 'Unsupported token type')
  records.put('Revoked', String(claims.jti), true, Number(claims.exp) - nowSeconds())
  return { status: 200 }
}

function endLogin({ logins }: Idp, { sid, azp, typ }: JWTPayload): Answer {
  const login = logins.find(String(sid), String(azp), typ === 'Offline')
  if (login === undefined) return UNKNOWN
  // The offline login takes the online one of its session along, and nobody is told.
  logins.endWhere((one) => one.sid === sid && one.client_id === azp && (login.offline || !one.offline))
  return { status: 200 }
}
