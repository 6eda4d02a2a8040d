import type { EndpointRequest } from './endpoint.ts'
import type { Idp } from './idp.ts'
import { OAuthError } from './oauth-error.ts'
import { sameText } from './people.ts'
import { type Client, findClient } from './realm.ts'

const REFUSED = 'Invalid client or Invalid client credentials'

/**
 * The client that sends a request: by HTTP Basic or in the form (RFC 6749 §2.3.1), a public one by its name.
 * @throws OAuthError 401, told apart as Keycloak does: `invalid_client` unknown, `unauthorized_client` not proved.
 */
export function authenticateClient({ realm }: Idp, request: EndpointRequest): Client {
  const { id, secret } = credentialsOf(request)
  const client = id === undefined ? undefined : findClient(realm, id)
  if (client === undefined) throw new OAuthError(401, 'invalid_client', REFUSED)
  const named = request.form.get('client_id')
  if (named !== null && named !== id) throw new OAuthError(401, 'unauthorized_client', REFUSED)
  if (client.publicClient) return client
  if (client.secret === undefined || secret === undefined || !sameText(client.secret, secret))
    throw new OAuthError(401, 'unauthorized_client', REFUSED)
  return client
}

function credentialsOf({ authorization, form }: EndpointRequest): {
  id?: string | undefined
  secret?: string | undefined
} {
  if (!authorization?.startsWith('Basic '))
    return { id: form.get('client_id') ?? undefined, secret: form.get('client_secret') ?? undefined }
  const [id, ...rest] = Buffer.from(authorization.slice('Basic '.length), 'base64').toString('utf8').split(':')
  return { id: formDecoded(id ?? ''), secret: formDecoded(rest.join(':')) }
}

// RFC 6749 §2.3.1: both parts are form-encoded before they are joined.
const formDecoded = (text: string): string | undefined => new URLSearchParams(`v=${text}`).get('v') ?? undefined
