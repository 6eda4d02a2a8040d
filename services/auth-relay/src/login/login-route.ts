import { newSecret } from '@munjigi/identity/browser-login'
import { ProviderError } from '@munjigi/identity/openid-provider'
import { preferredLanguage, sendPage } from '@munjigi/server/page'
import type { TypeBoxProvider } from '@munjigi/server/typebox-provider'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import * as openid from 'openid-client'
import { Type } from 'typebox'
import type { RelayClient } from '../clients/clients.ts'
import type { RelayDeps } from '../deps.ts'
import { malformedAnswer } from '../fastapi-faults.ts'
import { requireClient } from '../links/link-client.ts'
import type { Link } from '../links/lit.ts'
import { linksOf } from '../links/lit.ts'
import { otherBrowser, providerUnavailable } from '../problems.ts'
import { confirmPage, isFormToken } from './confirm-page.ts'
import { countLogin } from './login-limit.ts'
import { relayCookie, relayLogins } from './login-state.ts'

/** A wildcard, because a link may be longer than the router takes a parameter to be. */
const PATH = '/login/*'
const Params = Type.Object({ '*': Type.String() })
const Confirmed = Type.Object({ token: Type.String({ maxLength: 100 }) })
/** Of what clients.json says about an identity provider, found out only by asking it. */
const REMEDIES: Record<string, string> = {
  OAUTH_RESPONSE_IS_NOT_CONFORM: 'no provider answered: it is down, or server_url or realm in clients.json is wrong',
  OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED: 'it calls itself otherwise: look at issuer in clients.json',
}

/** Opening a link shows who will act as whom and spends nothing: messengers open links for a preview, and people twice. */
export function loginRoute(scope: FastifyInstance, deps: RelayDeps): void {
  const app = scope.withTypeProvider<TypeBoxProvider>()
  const { settings } = deps
  const links = linksOf(settings)
  const cookie = relayCookie(settings)
  const logins = relayLogins(deps)

  const opened = async (lit: string): Promise<{ link: Link; client: RelayClient }> => {
    const link = await links.read(lit)
    return { link, client: await requireClient(deps, link) }
  }

  const signIn = async (request: FastifyRequest, reply: FastifyReply, link: Link, client: RelayClient) => {
    await countLogin(deps.store, link, settings.stateTtlSeconds * 1000)
    const [nonce, codeVerifier] = [newSecret(), newSecret()]
    const challenge = await openid.calculatePKCECodeChallenge(codeVerifier)
    const state = await logins.begin(request, reply, { link, nonce, codeVerifier })
    return ask(client, request, (configuration) =>
      openid.buildAuthorizationUrl(configuration, {
        redirect_uri: client.redirectUri,
        scope: client.scope,
        state,
        nonce,
        code_challenge: challenge,
        code_challenge_method: 'S256',
      }),
    )
  }

  app.get(
    PATH,
    {
      schema: {
        tags: ['login'],
        summary: 'Shows who will act as whom, before the sign-in',
        security: [],
        params: Params,
      },
    },
    async (request, reply) => {
      const lit = request.params['*']
      const { link, client } = await opened(lit)
      if (!client.confirm) return reply.redirect((await signIn(request, reply, link, client)).href, 302)
      const language = preferredLanguage(request.headers['accept-language'])
      const idp = await ask(client, request, (configuration) => configuration.serverMetadata().authorization_endpoint)
      const secret = cookie.renew(request, reply)
      const action = `${settings.basePath}/login/${lit}`
      const page = confirmPage({ link, lit, secret, action, idpOrigin: new URL(idp ?? client.issuer).origin }, language)
      return sendPage(reply, { status: 200, language, ...page })
    },
  )

  app.post(
    PATH,
    {
      schema: {
        tags: ['login'],
        summary: 'Goes on to the sign-in',
        security: [],
        consumes: ['application/x-www-form-urlencoded'],
        params: Params,
        body: Confirmed,
        response: { ...malformedAnswer, 302: Type.Null({ description: 'To the sign-in' }) },
      },
    },
    async (request, reply) => {
      const lit = request.params['*']
      const { link, client } = await opened(lit)
      const secret = cookie.read(request)
      if (secret === undefined || !isFormToken(request.body.token, secret, lit)) throw otherBrowser()
      return reply.redirect((await signIn(request, reply, link, client)).href, 303)
    },
  )
}

function ask<T>(client: RelayClient, request: FastifyRequest, work: (configuration: openid.Configuration) => T) {
  return client.provider.use(work).catch((error) => {
    if (!(error instanceof ProviderError)) throw error
    const { error: reason = error.kind, status } = error
    request.log.warn(
      { client: client.key, issuer: client.issuer, reason, status, remedy: REMEDIES[reason] },
      'discovery',
    )
    throw providerUnavailable()
  })
}
