import { randomUUID } from 'node:crypto'
import { type JWTPayload, jwtVerify, SignJWT } from 'jose'
import { audienceClaim, type Claims, halfHash, personClaims, roleClaims, type Subject } from './claims.ts'
import type { Keys } from './keys.ts'
import type { Login } from './logins.ts'
import type { Client, Realm } from './realm.ts'
import { nowSeconds } from './records.ts'
import { scopeText } from './scopes.ts'

const LOGOUT_TOKEN_SECONDS = 120

/** How an access token came about, in Keycloak's letters at the head of its `jti`. */
export type Origin = 'onrtac' | 'ofrtac' | 'onrtrt' | 'ofrtrt' | 'ftrtte' | 'trrtcc'

/** What only one kind of id_token has: the hashes and the nonce. */
export interface IdTokenExtras {
  nonce?: string | undefined
  accessToken?: string
  code?: string
  state?: string | undefined
}

interface AccessTokenRequest {
  subject: Subject
  origin: Origin
  /** Absent for a client's own token. */
  login?: Pick<Login, 'sid' | 'auth_time'>
  /** Narrows `aud` and `resource_access`. */
  audiences?: string[]
  extra?: Claims
}

export type Tokens = ReturnType<typeof tokens>

/** Makes and reads tokens in Keycloak's form: the header's `typ` is JWT, only the claim `typ` tells them apart. */
export function tokens(issuer: string, realm: Realm, keys: Keys) {
  const sign = (claims: JWTPayload, lifetime: number, typ = 'JWT') => {
    const { kid, privateKey } = keys.current()
    const now = nowSeconds()
    return new SignJWT({ ...claims, exp: now + lifetime, iat: now, iss: issuer })
      .setProtectedHeader({ alg: 'RS256', typ, kid })
      .sign(privateKey)
  }

  return {
    accessToken({ subject, origin, login, audiences, extra }: AccessTokenRequest): Promise<string> {
      const { aud, ...roles } = roleClaims(realm, subject)
      const narrowed = audiences === undefined ? { aud, ...roles } : narrow(aud, roles, audiences)
      const claims = {
        ...(login && { auth_time: login.auth_time }),
        jti: `${origin}:${randomUUID()}`,
        sub: subject.person.id,
        typ: 'Bearer',
        azp: subject.client.clientId,
        ...(login && { sid: login.sid }),
        ...(subject.scopes.has('acr') && { acr: '1' }),
        ...narrowed,
        ...audienceClaim(narrowed.aud),
        scope: scopeText(subject.scopes),
        ...personClaims(subject, 'access.token.claim'),
        ...extra,
      }
      if (narrowed.aud.length === 0) delete (claims as Claims).aud
      return sign(claims as JWTPayload, realm.accessTokenLifespan)
    },

    idToken(subject: Subject, login: Pick<Login, 'sid' | 'auth_time'> | undefined, extras: IdTokenExtras) {
      return sign(
        {
          ...(login && { auth_time: login.auth_time, sid: login.sid }),
          jti: randomUUID(),
          aud: subject.client.clientId,
          sub: subject.person.id,
          typ: 'ID',
          azp: subject.client.clientId,
          ...(extras.nonce !== undefined && { nonce: extras.nonce }),
          ...(extras.accessToken !== undefined && { at_hash: halfHash(extras.accessToken) }),
          ...(extras.code !== undefined && { c_hash: halfHash(extras.code) }),
          ...(extras.state !== undefined && { s_hash: halfHash(extras.state) }),
          acr: '1',
          ...personClaims(subject, 'id.token.claim'),
        },
        realm.accessTokenLifespan,
      )
    },

    /** OpenID Connect Back-Channel Logout 1.0 §2.4. */
    logoutToken(login: Pick<Login, 'sid' | 'user_id'>, client: Client): Promise<string> {
      const namesSession = client.attributes['backchannel.logout.session.required'] === 'true'
      const claims = {
        jti: randomUUID(),
        aud: client.clientId,
        sub: login.user_id,
        typ: 'Logout',
        ...(namesSession && { sid: login.sid }),
        events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
      }
      return sign(claims, LOGOUT_TOKEN_SECONDS, 'logout+jwt')
    },

    /** `reuseId` names the line of successors; an offline token has no `exp`. */
    refreshToken(login: Login, lifetime: number, reuseId: string): Promise<string> {
      const now = nowSeconds()
      const token = new SignJWT({
        ...(!login.offline && { exp: now + lifetime }),
        iat: now,
        jti: randomUUID(),
        iss: issuer,
        aud: issuer,
        sub: login.user_id,
        typ: login.offline ? 'Offline' : 'Refresh',
        azp: login.client_id,
        sid: login.sid,
        scope: login.scope,
        reuse_id: reuseId,
      })
      return token.setProtectedHeader({ alg: 'HS512', typ: 'JWT' }).sign(keys.refreshSecret)
    },

    /** The claims of a token that this realm signed for others to read; undefined for any other, or one that ended. */
    read(token: string, options: { evenExpired?: boolean } = {}): Promise<JWTPayload | undefined> {
      const verified = jwtVerify(
        token,
        ({ kid }) => {
          const key = keys.find(kid ?? '')
          if (key === undefined) throw new Error('unknown kid')
          return key.publicKey
        },
        { algorithms: ['RS256'], issuer, ...(options.evenExpired && { currentDate: new Date(0) }) },
      )
      return claimsOf(verified)
    },

    /** Whatever its issuer: with the same keys the realm may have been reached by another address. */
    readRefreshToken: (token: string): Promise<JWTPayload | undefined> =>
      claimsOf(jwtVerify(token, keys.refreshSecret, { algorithms: ['HS512'] })),
  }
}

// Whatever is wrong with a token, its caller gets one answer: that it is none.
const claimsOf = (verified: Promise<{ payload: JWTPayload }>) =>
  verified.then(
    ({ payload }) => payload,
    () => undefined,
  )

function narrow(aud: string[], roles: Claims, audiences: string[]): { aud: string[] } & Claims {
  const access = Object.entries((roles.resource_access ?? {}) as Claims)
  return {
    ...roles,
    aud: aud.filter((name) => audiences.includes(name)),
    resource_access: Object.fromEntries(access.filter(([name]) => audiences.includes(name))),
  }
}
