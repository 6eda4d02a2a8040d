import { OAuthError } from '../oauth-error.ts'
import { notBeforePolicy } from '../people.ts'
import { resolveScopes, scopeText } from '../scopes.ts'
import type { TokenGrant } from './token-grant.ts'

/** RFC 6749 §4.4: a client acts as itself, its `sub` being its service account's. */
export const clientCredentialsGrant: TokenGrant = async (idp, client, { form, clientAddress }) => {
  if (client.publicClient)
    throw new OAuthError(401, 'unauthorized_client', 'Public client not allowed to retrieve service account')
  const person = idp.people.findServiceAccount(client.clientId)
  if (!client.serviceAccountsEnabled || person === undefined)
    throw new OAuthError(401, 'unauthorized_client', 'Client not enabled to retrieve service account')
  const asked = form.get('scope') ?? ''
  const scopes = resolveScopes(client, asked)
  if (scopes === undefined) throw new OAuthError(400, 'invalid_scope', `Invalid scopes: ${asked}`)

  const subject = { person, client, scopes }
  const extra = { clientHost: clientAddress, clientAddress, client_id: client.clientId }
  const accessToken = await idp.tokens.accessToken({
    subject,
    origin: 'trrtcc',
    ...(scopes.has('service_account') && { extra }),
  })
  return {
    access_token: accessToken,
    expires_in: idp.realm.accessTokenLifespan,
    refresh_expires_in: 0,
    token_type: 'Bearer',
    ...(scopes.has('openid') && { id_token: await idp.tokens.idToken(subject, undefined, { accessToken }) }),
    'not-before-policy': notBeforePolicy(idp.realm, person),
    scope: scopeText(scopes),
  }
}
