import { createHash, timingSafeEqual, X509Certificate } from 'node:crypto'
import { CLOCK_SKEW_S } from '@munjigi/identity/claims'
import type { FastifyBaseLogger } from 'fastify'
import { type JWTPayload, jwtVerify } from 'jose'
import type { IdpSettings } from '../settings.ts'
import { type Idp, type Login, SCOPE, type SignInAnswer } from './idp.ts'
import { answerInvalid } from './problems.ts'

const MAX_AGE = '10 minutes'
const ALGORITHMS: Record<string, string> = { rsa: 'RS256', ec: 'ES256' }

type CertificateSettings = Extract<IdpSettings, { kind: 'certificate' }>

/** An IdP known by its authorisation URL and certificate (source 000): the id_token is all it says. */
export function certificateIdp(settings: CertificateSettings, log: FastifyBaseLogger): Idp {
  const certificate = new X509Certificate(settings.certificate)
  const algorithm = ALGORITHMS[certificate.publicKey.asymmetricKeyType ?? '']
  if (algorithm === undefined) throw new Error('the certificate of IDP_CERT_FILE has neither an RSA nor an EC key')
  if (certificate.validToDate.getTime() < Date.now()) {
    log.warn({ valid_to: certificate.validTo }, 'the certificate of the sign-in service has expired')
  }
  const verify = async (answer: SignInAnswer, login: Login): Promise<JWTPayload & { sub: string; iss: string }> => {
    const { payload } = await jwtVerify(answer.id_token, certificate.publicKey, {
      algorithms: [algorithm],
      issuer: settings.issuer,
      audience: settings.clientId,
      maxTokenAge: MAX_AGE,
      clockTolerance: CLOCK_SKEW_S,
      requiredClaims: ['iss', 'sub', 'aud', 'exp', 'iat', 'nonce'],
    })
    assertMeantForUs(payload, settings.clientId)
    if (payload.nonce !== login.nonce || !isHashOf(payload.c_hash, answer.code)) throw new Error('nonce or c_hash')
    return payload as JWTPayload & { sub: string; iss: string }
  }

  return {
    namesPeople: false,
    authorizationUrl: async ({ state, nonce }) => {
      const url = new URL(settings.authorizationUrl)
      const parameters = {
        client_id: settings.clientId,
        redirect_uri: settings.redirectUrl,
        response_mode: 'form_post',
        response_type: 'code id_token',
        scope: SCOPE,
        state,
        nonce,
      }
      for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value)
      return url
    },
    finish: async (answer, login) => {
      try {
        const claims = await verify(answer, login)
        return {
          issuer: claims.iss,
          sub: claims.sub,
          claims,
          realm_access: null,
          resource_access: null,
          id_token: null,
        }
      } catch (error) {
        log.warn(
          { reason: (error as { code?: string }).code ?? 'claims' },
          'the sign-in service did not answer as it should',
        )
        throw answerInvalid()
      }
    },
    signOutUrl: async () => undefined,
  }
}

/** OpenID Connect Core §3.1.3.7: of several audiences azp says whose the token is; Keycloak's typ tells it from others. */
function assertMeantForUs({ aud, azp, sub, typ }: JWTPayload, clientId: string): void {
  const isShared = Array.isArray(aud) && aud.length > 1
  if ((isShared || azp !== undefined) && azp !== clientId) throw new Error('azp')
  if (typ !== undefined && typ !== 'ID') throw new Error('typ')
  if (typeof sub !== 'string' || sub === '') throw new Error('sub')
}

/** OpenID Connect Core §3.3.2.11: the left half of the code's SHA-256, for RS256 and ES256 alike. */
function isHashOf(hash: unknown, code: string): boolean {
  const expected = createHash('sha256').update(code, 'ascii').digest().subarray(0, 16).toString('base64url')
  return (
    typeof hash === 'string' &&
    hash.length === expected.length &&
    timingSafeEqual(Buffer.from(hash), Buffer.from(expected))
  )
}
