import { createHash } from 'node:crypto'
import { invalidGrant, invalidRequest, OAuthError } from '../oauth-error.ts'
import { rolesOf } from '../roles.ts'
import { resolveScopes, scopeText } from '../scopes.ts'
import { sidOf } from '../sign-in/sessions.ts'
import { type Code, takeCode } from './codes.ts'
import { loginTokens } from './login-tokens.ts'
import type { TokenGrant } from './token-grant.ts'

/** RFC 6749 §4.1.3 with RFC 7636: a code works once, for its client, at its redirect URI, with its verifier. */
export const codeGrant: TokenGrant = async (idp, client, { form }) => {
  const value = form.get('code')
  if (value === null) throw invalidRequest('Missing parameter: code')
  const code = takeCode(idp, value)
  if (code === undefined) throw invalidGrant('Code not valid')
  if (code.clientId !== client.clientId) throw invalidGrant('Auth error: Found different client_id in clientSession')
  if (code.redirectUri !== form.get('redirect_uri')) throw invalidGrant('Incorrect redirect_uri')
  checkVerifier(code, form.get('code_verifier'))

  const person = idp.people.findById(code.accountId)
  if (person === undefined) throw invalidGrant('User not found')
  if (!person.enabled) throw invalidGrant('User disabled')
  const scopes = resolveScopes(client, code.scope)
  if (scopes === undefined) throw new OAuthError(400, 'invalid_scope', `Invalid scopes: ${code.scope}`)
  const offline = scopes.has('offline_access')
  if (offline && !rolesOf(idp.realm, person).realm.includes('offline_access'))
    throw new OAuthError(400, 'not_allowed', 'Offline tokens not allowed for the user or client')

  const login = idp.logins.start({
    sid: sidOf(code.sessionUid),
    client_id: client.clientId,
    user_id: person.id,
    offline,
    scope: scopeText(scopes),
    auth_time: code.authTime,
  })
  return loginTokens(idp, {
    subject: { person, client, scopes },
    login,
    origin: offline ? 'ofrtac' : 'onrtac',
    nonce: code.nonce,
  })
}

function checkVerifier(code: Code, verifier: string | null): void {
  if (code.codeChallenge === undefined) {
    if (verifier !== null) throw invalidGrant('PKCE code verifier specified but challenge not present in authorization')
    return
  }
  if (verifier === null) throw invalidGrant('PKCE code verifier not specified')
  if (!/^[\w.~-]{43,128}$/.test(verifier)) throw invalidGrant('PKCE verification failed: Invalid code verifier')
  if (createHash('sha256').update(verifier).digest('base64url') !== code.codeChallenge)
    throw invalidGrant('PKCE verification failed: Code mismatch')
}
