import { Credentials, PasswordChange, PasswordReset } from '@munjigi/contracts/passwords'
import { TokenAnswer } from '@munjigi/contracts/tokens'
import { FOR_OWN_LOGIN } from '@munjigi/identity/own-login'
import type { TypeBoxProvider } from '@munjigi/server/typebox-provider'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { Type } from 'typebox'
import { callerOf } from '../caller.ts'
import { requireOwnPage, setRefreshCookie } from '../sessions/refresh-cookie.ts'
import { issueAccessToken } from '../tokens/access-token.ts'
import { login } from './login.ts'
import { changePassword } from './password-change.ts'
import type { PasswordDeps } from './password-check.ts'
import { resetPassword } from './reset-link.ts'

/** Two passwords of 1,024 characters, however they are escaped. */
const bodyLimit = 64 * 1024

/** Signing in by e-mail and password, and setting one's password, under `prefix`. */
export function passwordRoutes(scope: FastifyInstance, deps: PasswordDeps, prefix: string): void {
  const app = scope.withTypeProvider<TypeBoxProvider>()
  const { settings } = deps
  const config = { access: 'open' } as const
  const tags = ['passwords']

  app.post(
    `${prefix}/login`,
    {
      config,
      bodyLimit,
      schema: {
        tags,
        summary: 'Signs in by e-mail and password; delivery=cookie puts the refresh token into the cookie',
        body: Credentials,
        response: { 200: TokenAnswer },
      },
    },
    async (request, reply) => {
      const isCookie = request.body.delivery === 'cookie'
      if (isCookie) requireOwnPage(settings, request)
      const { person, facts, rights, refresh_token, refresh_exp } = await login(deps, request.body, callerOf(request))
      reply.header('cache-control', 'no-store')
      if (isCookie) setRefreshCookie(settings, reply, { refresh_token, refresh_exp })
      return {
        access_token: await issueAccessToken(deps, person, facts, rights),
        ...(!isCookie && { refresh_token }),
        token_type: 'Bearer' as const,
        expires_in: settings.accessTtl,
      }
    },
  )

  app.put(
    `${prefix}/password`,
    {
      bodyLimit,
      schema: {
        ...FOR_OWN_LOGIN,
        tags,
        summary: 'Changes the password of the signed-in person and ends their other sessions',
        body: PasswordChange,
        response: { 204: Type.Null() },
      },
    },
    async (request, reply) => {
      await changePassword(deps, request, request.body)
      return noContent(reply)
    },
  )

  app.post(
    `${prefix}/password-reset`,
    {
      config,
      bodyLimit,
      schema: {
        tags,
        summary: "Sets a password by an administrator's link, which works once, and ends all sessions",
        body: PasswordReset,
        response: { 204: Type.Null() },
      },
    },
    async (request, reply) => {
      await resetPassword(deps, request.body, callerOf(request))
      return noContent(reply)
    },
  )
}

const noContent = (reply: FastifyReply): FastifyReply => reply.code(204).send()
