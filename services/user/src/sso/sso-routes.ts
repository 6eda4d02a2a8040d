import formbody from '@fastify/formbody'
import { newSecret } from '@munjigi/identity/browser-login'
import { failurePage } from '@munjigi/server/failure-page'
import type { TypeBoxProvider } from '@munjigi/server/typebox-provider'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { Type } from 'typebox'
import { callerOf } from '../caller.ts'
import type { UserDeps } from '../deps.ts'
import { clearRefreshCookie, peekRefreshCookie, setRefreshCookie } from '../sessions/refresh-cookie.ts'
import { readRefreshToken } from '../sessions/refresh-token.ts'
import { signOut } from '../sessions/sign-out.ts'
import { deliver } from './delivery.ts'
import { failureText } from './failure-texts.ts'
import { ssoLogins } from './login-state.ts'
import { loginExpired, providerError, providerUnavailable, signInRefused } from './problems.ts'
import { signIn } from './sign-in.ts'

const BODY_LIMIT_BYTES = 64 * 1024
const REFUSED = new Set(['access_denied', 'login_required', 'interaction_required', 'consent_required'])
const UNAVAILABLE = new Set(['temporarily_unavailable', 'server_error'])

const again = { ko: '다시 로그인', en: 'Sign in again' }

const elsewhere = { 302: Type.Null({ description: 'To a configured address' }) }

const Answer = Type.Object({
  state: Type.String({ minLength: 1, maxLength: 100 }),
  code: Type.Optional(Type.String({ minLength: 1, maxLength: 4096 })),
  id_token: Type.Optional(Type.String({ minLength: 1, maxLength: 16_384 })),
  error: Type.Optional(Type.String({ maxLength: 100 })),
})

/** Sign-in by the company's IdP: every answer is a redirect to a configured address, or a page. */
export async function ssoRoutes(scope: FastifyInstance, deps: UserDeps): Promise<void> {
  const app = scope.withTypeProvider<TypeBoxProvider>()
  const { settings, idp } = deps
  const logins = ssoLogins(deps)
  const config = { access: 'open' } as const
  const tags = ['sso']
  const loginUrl = settings.idp.redirectUrl.replace(/callback\/?$/, 'login/')
  await app.register(formbody, { bodyLimit: BODY_LIMIT_BYTES })
  app.setErrorHandler(
    failurePage(({ type }, language) => ({
      ...failureText(type, language),
      action: { label: again[language], href: loginUrl },
    })),
  )

  app.get(
    '/api/auth/login',
    { config, schema: { tags, summary: 'Redirects to the sign-in service', response: elsewhere } },
    async (request, reply) => {
      const nonce = newSecret()
      const state = await logins.begin(request, reply, { nonce })
      return redirect(reply, await idp.authorizationUrl({ state, nonce }))
    },
  )

  app.post(
    '/api/auth/callback',
    {
      config,
      schema: {
        tags,
        summary: "Takes the sign-in service's answer and redirects to the front end",
        consumes: ['application/x-www-form-urlencoded'],
        body: Answer,
        response: elsewhere,
      },
    },
    async (request, reply) => {
      const { state, code, id_token, error } = request.body
      const { nonce } = await logins.take(request, state)
      if (error !== undefined) throw refusalOf(error)
      if (code === undefined || id_token === undefined) throw loginExpired()
      const identity = await idp.finish({ state, code, id_token }, { state, nonce })
      const accessTtl = settings.delivery === 'token' ? settings.urlTokenTtl : settings.accessTtl
      const session = await signIn(deps, identity, { accessTtl, caller: callerOf(request) })
      const target = await deliver(deps, session)
      setRefreshCookie(settings, reply, session)
      return redirect(reply, target)
    },
  )

  // A reload of the call-back's address; there is no sign-in by GET.
  app.get('/api/auth/callback', { config, schema: { hide: true } }, async () => {
    throw loginExpired()
  })

  app.get(
    '/api/auth/logout',
    {
      config,
      schema: {
        tags,
        summary: "Ends the session, then redirects to the IdP's sign-out",
        response: { ...elsewhere, 200: Type.Object({ message: Type.String() }) },
      },
    },
    async (request, reply) => {
      const token = peekRefreshCookie(settings, request)
      const claims = token === undefined ? undefined : await readRefreshToken(token, deps.keys)
      const session = claims && { sid: claims.sid, person_sub: claims.sub }
      const idToken = session && (await signOut(deps, session, request.id))
      // Another site's page can lead a browser here: it does not send the cookie then, but would obey an answer that clears it.
      if (token !== undefined) clearRefreshCookie(settings, reply)
      const target = settings.signoutUrl ?? (await idp.signOutUrl(idToken, `${settings.frontendUrl}/`))
      if (target !== undefined) return redirect(reply, target)
      return { message: 'Local logout successful, IdP signout URL not configured.' }
    },
  )
}

function redirect(reply: FastifyReply, target: URL | string): FastifyReply {
  reply.headers({ 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' })
  return reply.redirect(String(target), 302)
}

function refusalOf(error: string): Error {
  if (REFUSED.has(error)) return signInRefused()
  return UNAVAILABLE.has(error) ? providerUnavailable() : providerError()
}
