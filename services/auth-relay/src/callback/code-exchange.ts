import { createHash } from 'node:crypto'
import { CLOCK_SKEW_S } from '@munjigi/identity/claims'
import { ProviderError } from '@munjigi/identity/openid-provider'
import { Problem } from '@munjigi/problem'
import type { FastifyBaseLogger } from 'fastify'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import * as openid from 'openid-client'
import type { RelayClient } from '../clients/clients.ts'
import { clocksDiffer, noAccessToken, noOfflineRefreshToken, tokenExchangeFailed } from '../problems.ts'
import { revokeOfflineToken } from './offline-token.ts'

const EXPIRED = 'OAUTH_JWT_TIMESTAMP_CHECK_FAILED'

/** What a login brought; the lives are seconds, 0 where there is no end. */
export interface LoginTokens {
  access_token: string
  refresh_token: string
  expires_in: number
  refresh_expires_in: number
}

interface CodeAnswer {
  /** The call-back's address with what the IdP put into its query. */
  url: URL
  state: string
  nonce: string
  codeVerifier: string
}

/**
 * Exchanges the code and checks the id_token (OpenID Connect Core §3.1.3.7, its signature too) and that an offline token came.
 * What came with an answer that is refused is revoked, so that no live token is left that nobody holds.
 * @throws Problem 502
 */
export async function exchangeCode(
  client: RelayClient,
  answer: CodeAnswer,
  log: FastifyBaseLogger,
): Promise<LoginTokens> {
  let body: Record<string, unknown> = {}
  try {
    const tokens = await client.provider.use(
      (configuration) => askForTokens(configuration, answer),
      (text) => {
        body = readBody(text)
      },
    )
    return offlineTokens(tokens)
  } catch (error) {
    if (typeof body.refresh_token === 'string') await revokeOfflineToken(client, body.refresh_token, log)
    throw refusalOf(error, body, log.child({ client: client.key }))
  }
}

async function askForTokens(configuration: openid.Configuration, { url, state, nonce, codeVerifier }: CodeAnswer) {
  const tokens = await openid.authorizationCodeGrant(configuration, url, {
    expectedState: state,
    expectedNonce: nonce,
    pkceCodeVerifier: codeVerifier,
    idTokenExpected: true,
  })
  // The library minds exp alone.
  if ((tokens.claims()?.iat ?? 0) > Date.now() / 1000 + CLOCK_SKEW_S) throw clocksDiffer()
  if (!isOfOneLogin(tokens)) throw tokenExchangeFailed()
  return tokens
}

/** OpenID Connect Core §3.1.3.8: where the id_token says so, this access token came with it and is nobody else's. */
function isOfOneLogin({ access_token, id_token = '' }: openid.TokenEndpointResponse): boolean {
  const { at_hash } = decodeJwt(id_token)
  const bits = /(256|384|512)$/.exec(decodeProtectedHeader(id_token).alg ?? '')?.[0] ?? '512'
  const hash = createHash(`sha${bits}`).update(access_token).digest()
  return at_hash === undefined || at_hash === hash.subarray(0, hash.length / 2).toString('base64url')
}

/** An offline token is known by the granted scope (KEYCLOAK: refresh_expires_in may be 0 or not); RFC 6749 §5.1: none told is as asked. */
function offlineTokens(tokens: openid.TokenEndpointResponse): LoginTokens {
  const isOffline = tokens.scope?.split(' ').includes('offline_access') ?? true
  if (!isOffline || tokens.refresh_token === undefined) throw noOfflineRefreshToken('scope')
  return {
    access_token: tokens.access_token,
    refresh_token: tokens.refresh_token,
    expires_in: wholeSeconds(tokens.expires_in),
    refresh_expires_in: wholeSeconds(tokens.refresh_expires_in),
  }
}

const wholeSeconds = (value: unknown): number => {
  const seconds = Math.trunc(Number(value))
  return Number.isSafeInteger(seconds) && seconds > 0 ? seconds : 0
}

function readBody(text: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(text))
  } catch {
    // HTML, for example, of which the library says what it is.
    return {}
  }
}

/** What the IdP says goes into the log by its code, and never to the browser. */
function refusalOf(error: unknown, body: Record<string, unknown>, log: FastifyBaseLogger): Error {
  const isExpired = error instanceof ProviderError && error.error === EXPIRED
  const refusal = isExpired ? clocksDiffer() : error
  if (refusal instanceof Problem) {
    log.warn(
      { problem: refusal.type, granted: body.scope, clocks_apart_s: clocksApart(body.id_token) },
      'code exchange',
    )
    return refusal
  }
  if (!(error instanceof ProviderError)) return error as Error
  log.warn({ reason: error.error ?? error.kind, status: error.status }, 'code exchange')
  if (error.error === 'not_allowed') return noOfflineRefreshToken('person')
  return isWithoutAccessToken(body) ? noAccessToken() : tokenExchangeFailed()
}

const isWithoutAccessToken = (body: Record<string, unknown>) =>
  'token_type' in body &&
  body.error === undefined &&
  (typeof body.access_token !== 'string' || body.access_token === '')

/** How far the IdP's clock is ahead of ours, by the token it has just made. */
function clocksApart(idToken: unknown): number | undefined {
  try {
    const { iat } = decodeJwt(String(idToken))
    return iat === undefined ? undefined : Math.round(iat - Date.now() / 1000)
  } catch {
    return undefined
  }
}
