import { authenticateClient } from '../client-auth.ts'
import type { Endpoint } from '../endpoint.ts'
import type { Idp } from '../idp.ts'
import { livingAccessToken } from '../living-token.ts'
import { invalidRequest, OAuthError } from '../oauth-error.ts'

/** RFC 7662; `active: false` to a client that is not in the token's `aud`, its own tokens included, as in Keycloak. */
export const introspectionEndpoint =
  (idp: Idp): Endpoint =>
  async (request) => {
    const client = authenticateClient(idp, request)
    if (client.publicClient) throw new OAuthError(403, 'invalid_request', 'Client not allowed.')
    const token = request.form.get('token')
    if (token === null) throw invalidRequest('Token not provided.')
    const living = await livingAccessToken(idp, token)
    if (typeof living === 'string' || ![living.claims.aud].flat().includes(client.clientId))
      return { status: 200, body: { active: false } }
    const { claims, person } = living
    return {
      status: 200,
      body: { ...claims, client_id: claims.azp, username: person.username, token_type: 'Bearer', active: true },
    }
  }
