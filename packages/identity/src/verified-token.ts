import type { TrustedIssuer } from './issuers.ts'
import type { ParsedJws } from './jws.ts'

/** The facts of a verified token. Facts may be remembered, decisions may not. */
export interface VerifiedToken {
  readonly token: string
  readonly issuer: TrustedIssuer
  /** As it stands in the token. */
  readonly sub: string
  /** `sub`, or `<name>|<sub>` for an issuer with people of its own: unique among all issuers. */
  readonly subject: string
  readonly claims: Readonly<Record<string, unknown>>
  readonly iat: number
  readonly exp: number
  readonly sid: string | undefined
  /** Set for client accounts only: `client_id` (else `azp`) of a token that belongs to no session. */
  readonly clientId: string | undefined
  readonly scope: readonly string[] | undefined
}

/** The facts of a token whose signature and claims have been checked. */
export function factsOf(token: string, { claims }: ParsedJws, issuer: TrustedIssuer): VerifiedToken {
  const sub = claims.sub as string
  const sid = typeof claims.sid === 'string' ? claims.sid : undefined
  const clientId = sid === undefined && typeof claims.client_id === 'string' ? clientOf(claims) : undefined
  return {
    token,
    issuer,
    sub,
    subject: issuer.people === 'shared' ? sub : `${issuer.name}|${sub}`,
    claims,
    iat: claims.iat as number,
    exp: claims.exp as number,
    sid,
    clientId,
    // Keycloak's scope is OAuth's and limits nothing here; ours names the modules that a token is limited to (DESIGN §4.6).
    scope: issuer.isPlatform && claims.scope !== undefined ? modulesIn(claims.scope) : undefined,
  }
}

const modulesIn = (scope: unknown): string[] => (typeof scope === 'string' ? scope.split(' ').filter(Boolean) : [])

const clientOf = (claims: Record<string, unknown>): string =>
  typeof claims.azp === 'string' ? claims.azp : (claims.client_id as string)
