import { TokenAnswer } from '@munjigi/contracts/tokens'
import type { TypeBoxProvider } from '@munjigi/server/typebox-provider'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type Static, Type } from 'typebox'
import { callerOf } from '../caller.ts'
import type { UserDeps } from '../deps.ts'
import { exchangeCode } from '../sso/delivery.ts'
import { refreshTokenInvalid, refreshTokenMissing } from './problems.ts'
import { refresh } from './refresh.ts'
import { clearRefreshCookie, readRefreshCookie, setRefreshCookie } from './refresh-cookie.ts'
import { readRefreshToken } from './refresh-token.ts'
import { signOut } from './sign-out.ts'

const RefreshBody = Type.Optional(
  Type.Union([
    Type.Object(
      { refresh_token: Type.Optional(Type.String({ minLength: 1, maxLength: 2048 })) },
      { additionalProperties: false },
    ),
    Type.Null(),
  ]),
)
type RefreshBody = Static<typeof RefreshBody>
const CodeBody = Type.Object({ code: Type.String({ minLength: 1, maxLength: 100 }) }, { additionalProperties: false })

/** Staying signed in and signing out, under `prefix`; each takes the refresh token from the body or from the cookie. */
export function sessionRoutes(scope: FastifyInstance, deps: UserDeps, prefix: string): void {
  const app = scope.withTypeProvider<TypeBoxProvider>()
  const { settings } = deps
  const config = { access: 'open' } as const
  const tags = ['sessions']

  app.post(
    `${prefix}/exchange`,
    {
      config,
      schema: {
        tags,
        summary: 'The access token for the one-time code of a sign-in; needs the cookie of the same sign-in',
        body: CodeBody,
        response: { 200: TokenAnswer },
      },
    },
    async (request, reply) => {
      noStore(reply)
      return exchangeCode(deps, request.body.code, readRefreshCookie(settings, request))
    },
  )

  app.post(
    `${prefix}/refresh`,
    {
      config,
      schema: {
        tags,
        summary: 'A new access token; the refresh token is replaced',
        body: RefreshBody,
        response: { 200: TokenAnswer },
      },
    },
    async (request, reply) => {
      noStore(reply)
      const { token, isCookie } = refreshTokenOf(request)
      const { refresh_exp, ...answer } = await refresh(deps, token, callerOf(request))
      if (!isCookie) return { ...answer, token_type: 'Bearer' as const }
      setRefreshCookie(settings, reply, { refresh_token: answer.refresh_token, refresh_exp })
      return { access_token: answer.access_token, token_type: 'Bearer' as const, expires_in: answer.expires_in }
    },
  )

  app.post(
    `${prefix}/logout`,
    {
      config,
      schema: { tags, summary: 'Ends the session', body: RefreshBody, response: { 204: Type.Null() } },
    },
    async (request, reply) => {
      const { token, isCookie } = refreshTokenOf(request)
      const claims = await readRefreshToken(token, deps.keys)
      if (claims === undefined) throw refreshTokenInvalid()
      await signOut(deps, { sid: claims.sid, person_sub: claims.sub }, request.id)
      if (isCookie) clearRefreshCookie(settings, reply)
      return noStore(reply).code(204).send()
    },
  )

  function refreshTokenOf(request: FastifyRequest<{ Body: RefreshBody }>) {
    const given = request.body?.refresh_token
    if (given !== undefined) return { token: given, isCookie: false }
    const token = readRefreshCookie(settings, request)
    if (token === undefined) throw refreshTokenMissing()
    return { token, isCookie: true }
  }
}

const noStore = (reply: FastifyReply): FastifyReply => reply.header('cache-control', 'no-store')
