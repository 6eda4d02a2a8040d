import { personClaims } from '../claims.ts'
import type { Answer, Endpoint } from '../endpoint.ts'
import type { Idp } from '../idp.ts'
import { livingAccessToken } from '../living-token.ts'
import { findClient } from '../realm.ts'

/** OpenID Connect Core §5.3, the token in the header alone; refusals have an empty body, as in Keycloak. */
export const userinfoEndpoint =
  (idp: Idp): Endpoint =>
  async ({ authorization }) => {
    const challenge = `Bearer realm="${idp.realm.realm}"`
    const refuse = (status: number, error: string, description: string) =>
      emptyAnswer(status, `${challenge}, error="${error}", error_description="${description}"`)
    if (!authorization?.startsWith('Bearer ')) return emptyAnswer(401, challenge)
    const living = await livingAccessToken(idp, authorization.slice('Bearer '.length))
    if (typeof living === 'string') return refuse(401, 'invalid_token', living)
    const client = findClient(idp.realm, String(living.claims.azp))
    if (client === undefined) return refuse(401, 'invalid_token', 'Client disabled')

    const scopes = new Set(String(living.claims.scope).split(' '))
    if (!scopes.has('openid')) return refuse(403, 'insufficient_scope', 'Missing openid scope')
    const { person } = living
    return {
      status: 200,
      body: { sub: person.id, ...personClaims({ person, client, scopes }, 'userinfo.token.claim') },
    }
  }

const emptyAnswer = (status: number, challenge: string): Answer => ({
  status,
  headers: { 'content-type': 'text/plain;charset=utf-8', 'www-authenticate': challenge },
})
