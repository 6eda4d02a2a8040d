import { openIdProvider, originAt, ProviderError } from '@munjigi/identity/openid-provider'
import { Problem } from '@munjigi/problem'
import type { FastifyBaseLogger } from 'fastify'
import * as client from 'openid-client'
import type { IdpSettings } from '../settings.ts'
import { exchangeAtIdp } from './code-exchange.ts'
import { type Idp, SCOPE } from './idp.ts'
import { answerInvalid, providerError, providerUnavailable } from './problems.ts'

/** A frozen IdP is answered for within a second. */
const ANSWER_LIMIT_S = 0.9

type DiscoverySettings = Extract<IdpSettings, { kind: 'discovery' }>

/** An IdP with discovery: hybrid flow by form_post, then the code is exchanged (OpenID Connect Core §3.3). */
export function discoveredIdp(settings: DiscoverySettings, log: FastifyBaseLogger): Idp {
  const { issuer, clientId, clientSecret, backchannelUrl } = settings
  const provider = openIdProvider({
    issuer,
    clientId,
    clientSecret,
    timeoutS: ANSWER_LIMIT_S,
    execute: [client.useCodeIdTokenResponseType, client.enableNonRepudiationChecks],
    ...(backchannelUrl !== undefined && { reachedAt: originAt(issuer, backchannelUrl) }),
  })
  const ask = <T>(work: (configuration: client.Configuration) => T | Promise<T>): Promise<T> =>
    provider.use(work).catch((error) => {
      throw translated(error, log)
    })
  ask(() => {}).catch(() => {
    // Said in the log already; the first sign-in tries again.
  })

  return {
    namesPeople: true,
    authorizationUrl: ({ state, nonce }) =>
      ask((configuration) =>
        client.buildAuthorizationUrl(configuration, {
          redirect_uri: settings.redirectUrl,
          response_mode: 'form_post',
          scope: SCOPE,
          state,
          nonce,
        }),
      ),
    finish: (answer, login) =>
      ask((configuration) => exchangeAtIdp(configuration, settings.redirectUrl, answer, login)),
    signOutUrl: (idToken, returnTo) =>
      ask((configuration) => {
        if (configuration.serverMetadata().end_session_endpoint === undefined) return undefined
        return client.buildEndSessionUrl(configuration, {
          post_logout_redirect_uri: returnTo,
          ...(idToken !== undefined && { id_token_hint: idToken }),
        })
      }),
  }
}

/** What the IdP says goes into the log by its code, and never to the browser. */
function translated(error: unknown, log: FastifyBaseLogger): Error {
  if (error instanceof Problem) return error
  if (!(error instanceof ProviderError)) {
    log.warn(
      { reason: (error as { code?: unknown }).code ?? (error as Error).name },
      'the sign-in service did not answer as it should',
    )
    return answerInvalid()
  }
  log.warn(
    { reason: error.error ?? error.kind, status: error.status },
    'the sign-in service did not answer as it should',
  )
  if (error.kind === 'unreachable') return providerUnavailable()
  return error.kind === 'invalid' || error.error === 'invalid_grant' ? answerInvalid() : providerError()
}
