import { CLOCK_SKEW_S } from '@munjigi/identity/claims'
import { createLocalJWKSet, decodeJwt, jwtVerify } from 'jose'
import * as client from 'openid-client'
import { type Static, Type } from 'typebox'
import { Check } from 'typebox/value'
import type { Login, SignedIn, SignInAnswer } from './idp.ts'
import { answerInvalid } from './problems.ts'

const Roles = Type.Object({ roles: Type.Array(Type.String()) })
const KeycloakRoles = Type.Object({
  sub: Type.String(),
  realm_access: Type.Optional(Roles),
  resource_access: Type.Optional(Type.Record(Type.String(), Roles)),
})
type KeycloakRoles = Static<typeof KeycloakRoles>

/** Checks the answer, exchanges its code and checks what that brings; throws what the library throws. */
export async function exchangeAtIdp(
  config: client.Configuration,
  redirectUrl: string,
  answer: SignInAnswer,
  { state, nonce }: Login,
): Promise<SignedIn> {
  const url = new URL(redirectUrl)
  url.hash = new URLSearchParams({ ...answer }).toString()
  const tokens = await client.authorizationCodeGrant(config, url, {
    expectedState: state,
    expectedNonce: nonce,
    idTokenExpected: true,
  })
  const front = decodeJwt(answer.id_token)
  const back = tokens.claims()
  // OpenID Connect Core §3.3.3.6: both id_tokens speak of the same person.
  if (back === undefined || front.sub !== back.sub) throw answerInvalid()
  for (const { typ } of [front, back]) if (typ !== undefined && typ !== 'ID') throw answerInvalid()
  const roles = await readRoles(config, tokens.access_token)
  if (roles !== undefined && roles.sub !== back.sub) throw answerInvalid()
  return {
    issuer: back.iss,
    sub: back.sub,
    claims: { ...front, ...back },
    realm_access: roles?.realm_access ?? null,
    resource_access: roles?.resource_access ?? null,
    id_token: tokens.id_token ?? null,
  }
}

/** Keycloak's roles stand in the access token; another IdP's may be no JWT at all. */
async function readRoles(config: client.Configuration, accessToken: string): Promise<KeycloakRoles | undefined> {
  const jwks = client.getJwksCache(config)?.jwks
  if (jwks === undefined || accessToken.split('.').length !== 3) return undefined
  const { issuer } = config.serverMetadata()
  const { payload } = await jwtVerify(accessToken, createLocalJWKSet(jwks), {
    issuer,
    clockTolerance: CLOCK_SKEW_S,
  })
  return Check(KeycloakRoles, payload) ? (payload as KeycloakRoles) : undefined
}
