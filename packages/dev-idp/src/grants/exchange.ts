import type { JWTPayload } from 'jose'
import { roleClaims, type Subject } from '../claims.ts'
import type { Idp } from '../idp.ts'
import { livingAccessToken } from '../living-token.ts'
import { invalidRequest, OAuthError } from '../oauth-error.ts'
import { notBeforePolicy } from '../people.ts'
import { type Client, findClient } from '../realm.ts'
import { resolveScopes, scopeText } from '../scopes.ts'
import type { TokenGrant } from './token-grant.ts'

const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token'

/** Keycloak's standard token exchange (RFC 8693): the same person, fewer audiences, access tokens only. */
export const exchangeGrant: TokenGrant = async (idp, client, { form }) => {
  checkRequest(client, form)
  const { claims, person } = await requireSubject(idp, client, form.get('subject_token') ?? '')

  const asked = form.get('scope') ?? ''
  const scopes = resolveScopes(client, asked)
  if (scopes === undefined) throw new OAuthError(400, 'invalid_scope', `Invalid scopes: ${asked}`)
  const subject = { person, client, scopes }
  const audiences = form.getAll('audience')
  checkAudiences(idp, subject, audiences)

  const login = { sid: String(claims.sid), auth_time: Number(claims.auth_time) }
  const accessToken = await idp.tokens.accessToken({
    subject,
    login,
    origin: 'ftrtte',
    ...(audiences.length > 0 && { audiences }),
  })
  return {
    access_token: accessToken,
    expires_in: idp.realm.accessTokenLifespan,
    refresh_expires_in: 0,
    token_type: 'Bearer',
    ...(scopes.has('openid') && { id_token: await idp.tokens.idToken(subject, login, { accessToken }) }),
    'not-before-policy': notBeforePolicy(idp.realm, person),
    session_state: login.sid,
    scope: scopeText(scopes),
    issued_token_type: ACCESS_TOKEN,
  }
}

function checkRequest(client: Client, form: URLSearchParams): void {
  if (client.attributes['standard.token.exchange.enabled'] !== 'true')
    throw invalidRequest('Standard token exchange is not enabled for the requested client')
  for (const name of ['subject_token', 'subject_token_type'])
    if (!form.get(name)) throw invalidRequest(`Parameter '${name}' required for standard token exchange`)
  if (form.get('subject_token_type') !== ACCESS_TOKEN)
    throw invalidRequest("Parameter 'subject_token' supports access tokens only")
  if ((form.get('requested_token_type') ?? ACCESS_TOKEN) !== ACCESS_TOKEN)
    throw invalidRequest('requested_token_type unsupported')
}

async function requireSubject(idp: Idp, client: Client, token: string) {
  const living = await livingAccessToken(idp, token)
  if (typeof living === 'string') throw invalidRequest('Invalid token')
  if (!isFor(living.claims, client))
    throw new OAuthError(403, 'access_denied', 'Client is not within the token audience')
  if (living.claims.sid === undefined) throw invalidRequest('Invalid token')
  return living
}

const isFor = (claims: JWTPayload, client: Client) =>
  claims.azp === client.clientId || [claims.aud].flat().includes(client.clientId)

function checkAudiences({ realm }: Idp, subject: Subject, audiences: string[]): void {
  const within = roleClaims(realm, subject).aud
  for (const name of audiences) {
    if (name !== 'account' && findClient(realm, name) === undefined)
      throw new OAuthError(400, 'invalid_client', 'Audience not found')
    if (!within.includes(name)) throw invalidRequest(`Requested audience not available: ${name}`)
  }
}
