import { GRANT_TYPES } from './grants/token-endpoint.ts'
import type { Idp } from './idp.ts'

/** Paths of the endpoints below the issuer. */
export const PATHS = {
  authorization: '/protocol/openid-connect/auth',
  token: '/protocol/openid-connect/token',
  introspection: '/protocol/openid-connect/token/introspect',
  userinfo: '/protocol/openid-connect/userinfo',
  logout: '/protocol/openid-connect/logout',
  revocation: '/protocol/openid-connect/revoke',
  certs: '/protocol/openid-connect/certs',
}

/** The document of OpenID Connect Discovery §3, naming only what there is here. */
export const discoveryDocument = ({ issuer, realm }: Idp): object => ({
  issuer,
  authorization_endpoint: issuer + PATHS.authorization,
  token_endpoint: issuer + PATHS.token,
  introspection_endpoint: issuer + PATHS.introspection,
  userinfo_endpoint: issuer + PATHS.userinfo,
  end_session_endpoint: issuer + PATHS.logout,
  revocation_endpoint: issuer + PATHS.revocation,
  jwks_uri: issuer + PATHS.certs,
  grant_types_supported: GRANT_TYPES,
  response_types_supported: ['code', 'id_token', 'code id_token'],
  response_modes_supported: ['query', 'fragment', 'form_post'],
  prompt_values_supported: ['none', 'login', 'consent'],
  subject_types_supported: ['public'],
  acr_values_supported: ['0', '1'],
  scopes_supported: [
    'openid',
    ...new Set(realm.clients.flatMap((client) => [...client.defaultClientScopes, ...client.optionalClientScopes])),
  ],
  code_challenge_methods_supported: ['S256'],
  id_token_signing_alg_values_supported: ['RS256'],
  token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
  introspection_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
  revocation_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
  authorization_response_iss_parameter_supported: true,
})
