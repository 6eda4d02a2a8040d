import {
  createHmac,
  createPrivateKey,
  type JsonWebKey,
  type KeyObject,
  randomBytes,
  randomUUID,
  sign,
} from 'node:crypto'

export const CLIENT_ID = 'kakao-bot'
export const TOKEN_LIFETIME_S = 300

/** An issuer's name and private key, as they go from one process to another. */
export interface IssuerKey {
  issuer: string
  jwk: JsonWebKey & { kid: string }
}

export interface KeycloakTokens {
  access(sub: string): string
  offline(sub: string): string
}

/** Access and offline tokens of one size and shape with Keycloak's. */
export function keycloakTokens({ issuer, jwk }: IssuerKey): KeycloakTokens {
  const key = createPrivateKey({ key: jwk, format: 'jwk' })
  const refreshSecret = randomBytes(64)
  return {
    access: (sub) => rs256(accessClaims(issuer, sub), { kid: jwk.kid, key }),
    offline: (sub) => hs512(offlineClaims(issuer, sub), refreshSecret),
  }
}

function accessClaims(iss: string, sub: string): object {
  const iat = Math.floor(Date.now() / 1000)
  return {
    exp: iat + TOKEN_LIFETIME_S,
    iat,
    auth_time: iat,
    jti: `ofrtac:${randomUUID()}`,
    iss,
    aud: ['meal-service', 'account'],
    sub,
    typ: 'Bearer',
    azp: CLIENT_ID,
    sid: randomBytes(18).toString('base64url'),
    acr: '1',
    realm_access: { roles: ['default-roles-munjigi', 'offline_access', 'uma_authorization'] },
    resource_access: { account: { roles: ['manage-account', 'manage-account-links', 'view-profile'] } },
    scope: 'openid offline_access email profile',
    email_verified: true,
    name: '서준 이',
    preferred_username: 'user.lee',
    given_name: '서준',
    family_name: '이',
    email: 'user.lee@example.com',
  }
}

function offlineClaims(iss: string, sub: string): object {
  const iat = Math.floor(Date.now() / 1000)
  return { iat, jti: randomUUID(), iss, aud: iss, sub, typ: 'Offline', azp: CLIENT_ID, scope: 'openid offline_access' }
}

const joined = (...parts: object[]): string =>
  parts.map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')

function rs256(claims: object, { kid, key }: { kid: string; key: KeyObject }): string {
  const input = joined({ alg: 'RS256', typ: 'JWT', kid }, claims)
  return `${input}.${sign('sha256', Buffer.from(input), key).toString('base64url')}`
}

function hs512(claims: object, secret: Buffer): string {
  const input = joined({ alg: 'HS512', typ: 'JWT' }, claims)
  return `${input}.${createHmac('sha512', secret).update(input).digest('base64url')}`
}
