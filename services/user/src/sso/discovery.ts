import { Problem } from '@munjigi/problem'
import type { FastifyBaseLogger } from 'fastify'
import * as client from 'openid-client'
import { answerInvalid, providerError, providerUnavailable } from '../problems.ts'
import type { IdpSettings } from '../settings.ts'
import { CLOCK_TOLERANCE_S, exchangeAtIdp } from './code-exchange.ts'
import { type Idp, SCOPE } from './idp.ts'

/** A frozen IdP is answered for within a second. */
const ANSWER_LIMIT_S = 0.9
const COOL_DOWN_MS = 5_000
const UNKNOWN_KEY = 'OAUTH_KEY_SELECTION_FAILED'

type DiscoverySettings = Extract<IdpSettings, { kind: 'discovery' }>

/** An IdP with discovery: hybrid flow by form_post, then the code is exchanged (OpenID Connect Core §3.3). */
export function discoveredIdp(settings: DiscoverySettings, log: FastifyBaseLogger): Idp {
  let discovered: Promise<client.Configuration> | undefined
  let discoveredAt = 0
  const configuration = (): Promise<client.Configuration> => {
    if (discovered === undefined) discoveredAt = Date.now()
    discovered ??= discover(settings).catch((error) => {
      discovered = undefined
      throw translated(error, log)
    })
    return discovered
  }
  /** The IdP signs by a new key at once, and the library keeps the old ones for a minute. */
  const withNewKeys = async (error: unknown): Promise<client.Configuration> => {
    const isUnknownKey = (error as { code?: unknown }).code === UNKNOWN_KEY
    if (!isUnknownKey || Date.now() - discoveredAt < COOL_DOWN_MS) throw error
    discoveredAt = Date.now()
    const renewed = await discover(settings)
    discovered = Promise.resolve(renewed)
    return renewed
  }
  configuration().catch(() => {
    // Said in the log already; the first sign-in tries again.
  })

  return {
    namesPeople: true,
    authorizationUrl: async ({ state, nonce }) =>
      client.buildAuthorizationUrl(await configuration(), {
        redirect_uri: settings.redirectUrl,
        response_mode: 'form_post',
        scope: SCOPE,
        state,
        nonce,
      }),
    finish: async (answer, login) => {
      const finishBy = (config: client.Configuration) => exchangeAtIdp(config, settings.redirectUrl, answer, login)
      const config = await configuration()
      try {
        return await finishBy(config).catch(async (error) => finishBy(await withNewKeys(error)))
      } catch (error) {
        throw translated(error, log)
      }
    },
    signOutUrl: async (idToken, returnTo) => {
      const config = await configuration()
      if (config.serverMetadata().end_session_endpoint === undefined) return undefined
      return client.buildEndSessionUrl(config, {
        post_logout_redirect_uri: returnTo,
        ...(idToken !== undefined && { id_token_hint: idToken }),
      })
    },
  }
}

function discover({
  issuer,
  clientId,
  clientSecret,
  backchannelUrl,
}: DiscoverySettings): Promise<client.Configuration> {
  const isPlain = [issuer, backchannelUrl].some((url) => url?.startsWith('http:'))
  const metadata = { client_secret: clientSecret, [client.clockTolerance]: CLOCK_TOLERANCE_S }
  return client.discovery(new URL(issuer), clientId, metadata, undefined, {
    timeout: ANSWER_LIMIT_S,
    [client.customFetch]: (url, options) => fetch(reachedAt(url, issuer, backchannelUrl), options as RequestInit),
    execute: [
      client.useCodeIdTokenResponseType,
      client.enableNonRepudiationChecks,
      ...(isPlain ? [client.allowInsecureRequests] : []),
    ],
  })
}

/** The IdP's public origin may be out of this machine's reach. */
function reachedAt(url: string, issuer: string, backchannelUrl: string | undefined): string {
  const { origin } = new URL(issuer)
  if (backchannelUrl === undefined || !url.startsWith(`${origin}/`)) return url
  return backchannelUrl.replace(/\/+$/, '') + url.slice(origin.length)
}

/** What the library says goes into the log by its code, and never to the browser. */
function translated(error: unknown, log: FastifyBaseLogger): Error {
  if (error instanceof Problem) return error
  if (!(error instanceof Error)) return providerUnavailable()
  const { code } = error as { code?: unknown }
  const status = error instanceof client.ResponseBodyError ? error.status : undefined
  const reason = error instanceof client.ResponseBodyError ? error.error : (code ?? error.name)
  log.warn({ reason, status }, 'sign-in service')
  if (isUnreachable(error, code) || (status !== undefined && status >= 500)) return providerUnavailable()
  if (status === undefined) return answerInvalid()
  return reason === 'invalid_grant' ? answerInvalid() : providerError()
}

const isUnreachable = (error: Error, code: unknown): boolean =>
  code === 'OAUTH_TIMEOUT' || code === 'OAUTH_RESPONSE_IS_NOT_CONFORM' || (error instanceof TypeError && !code)
