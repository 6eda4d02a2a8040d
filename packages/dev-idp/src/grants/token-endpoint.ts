import { authenticateClient } from '../client-auth.ts'
import type { Endpoint } from '../endpoint.ts'
import type { Idp } from '../idp.ts'
import { invalidRequest, OAuthError } from '../oauth-error.ts'
import { clientCredentialsGrant } from './client-credentials.ts'
import { codeGrant } from './code-grant.ts'
import { exchangeGrant } from './exchange.ts'
import { refreshGrant } from './refresh-grant.ts'
import type { TokenGrant } from './token-grant.ts'

// Keycloak's words for a client that may not ask for passwords, which here none may.
const noPasswords: TokenGrant = () => {
  throw new OAuthError(400, 'unauthorized_client', 'Client not allowed for direct access grants')
}

const GRANTS: Record<string, TokenGrant> = {
  authorization_code: codeGrant,
  refresh_token: refreshGrant,
  client_credentials: clientCredentialsGrant,
  password: noPasswords,
  'urn:ietf:params:oauth:grant-type:token-exchange': exchangeGrant,
}
export const GRANT_TYPES = Object.keys(GRANTS)

const MAY_REPEAT = new Set(['audience'])

export const tokenEndpoint =
  (idp: Idp): Endpoint =>
  async (request) => {
    for (const name of new Set(request.form.keys()))
      if (request.form.getAll(name).length > 1 && !MAY_REPEAT.has(name)) throw invalidRequest('duplicated parameter')
    const name = request.form.get('grant_type')
    if (name === null) throw invalidRequest('Missing form parameter: grant_type')
    const grant = Object.hasOwn(GRANTS, name) ? GRANTS[name] : undefined
    if (grant === undefined) throw new OAuthError(400, 'unsupported_grant_type', 'Unsupported grant_type')
    const client = authenticateClient(idp, request)
    return { status: 200, headers: { pragma: 'no-cache' }, body: await grant(idp, client, request) }
  }
