import { acceptsHtml, preferredLanguage, sendPage } from '@munjigi/server/page'
import type { TypeBoxProvider } from '@munjigi/server/typebox-provider'
import type { FastifyBaseLogger, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type Static, Type } from 'typebox'
import { redirectTarget } from '../addresses/return-to.ts'
import type { RelayDeps } from '../deps.ts'
import { malformedAnswer, malformedRequest, missing } from '../fastapi-faults.ts'
import { requireClient } from '../links/link-client.ts'
import { spentLinks } from '../links/spent-links.ts'
import { relayLogins } from '../login/login-state.ts'
import { loginRefused, noOfflineRefreshToken, providerUnavailable } from '../problems.ts'
import { bringLogin } from './bring-login.ts'
import { exchangeCode } from './code-exchange.ts'
import { donePage } from './done-page.ts'

const OAUTH_ERROR = /^[a-z_]{1,40}$/
const UNAVAILABLE = new Set(['temporarily_unavailable', 'server_error'])

const Answer = Type.Object({
  state: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })),
  code: Type.Optional(Type.String({ minLength: 1, maxLength: 4096 })),
  error: Type.Optional(Type.String({ maxLength: 100 })),
})

/** Where the IdP sends the browser back: the code becomes tokens, and the chatbot is brought them. */
export function callbackRoute(scope: FastifyInstance, deps: RelayDeps): void {
  const app = scope.withTypeProvider<TypeBoxProvider>()
  const logins = relayLogins(deps)
  const links = spentLinks(deps.store, deps.settings.stateTtlSeconds)

  app.get(
    '/oidc/callback',
    {
      // A HEAD would spend the state as a GET does, and nobody has a reason to send one.
      exposeHeadRoute: false,
      schema: {
        tags: ['login'],
        summary: "Takes the identity provider's answer",
        security: [],
        querystring: Answer,
        response: malformedAnswer,
      },
    },
    async (request, reply) => {
      const { state, error } = complete(request.query)
      const { link, nonce, codeVerifier } = await logins.take(request, state)
      if (error !== undefined) throw refusalOf(error, request.log.child({ client: link.client_key }))
      const client = await requireClient(deps, link)
      const url = new URL(client.redirectUri)
      url.search = request.url.slice(request.url.indexOf('?'))
      // Before there are tokens: to revoke those of a second login would end the first too, where both are of one session.
      await links.spendFor(link.jti, async () => {
        const tokens = await exchangeCode(client, { url, state, nonce, codeVerifier }, request.log)
        await bringLogin(deps, { client, link, tokens }, request.log)
      })
      return finish(request, reply, redirectTarget(client, link.redirect_after))
    },
  )
}

/** With what no schema says: a code, or else an error. */
function complete({ state, code, error }: Static<typeof Answer>): { state: string; error: string | undefined } {
  const isWithoutCode = code === undefined && error === undefined
  const absent = [...(isWithoutCode ? ['code'] : []), ...(state === undefined ? ['state'] : [])]
  if (state !== undefined && absent.length === 0) return { state, error }
  throw malformedRequest(absent.map((name) => missing('query', name)))
}

/** OpenID Connect Core §3.1.2.6; at Keycloak a client that may not ask for offline_access is told here. */
function refusalOf(error: string, log: FastifyBaseLogger): Error {
  log.warn({ reason: OAUTH_ERROR.test(error) ? error : 'unreadable' }, 'identity provider refused')
  if (error === 'invalid_scope') return noOfflineRefreshToken('client')
  return UNAVAILABLE.has(error) ? providerUnavailable() : loginRefused()
}

function finish(request: FastifyRequest, reply: FastifyReply, target: string | undefined): FastifyReply {
  if (target !== undefined) return reply.redirect(target, 302)
  if (!acceptsHtml(request.headers.accept)) return reply.send({ status: 'ok' })
  const language = preferredLanguage(request.headers['accept-language'])
  return sendPage(reply, { status: 200, language, ...donePage(language) })
}
