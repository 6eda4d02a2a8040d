import { AuthContext } from '@munjigi/contracts/auth-contexts'
import { ServiceId } from '@munjigi/contracts/auth-profiles'
import { requireUser } from '@munjigi/identity/user-context'
import type { TypeBoxProvider } from '@munjigi/server/typebox-provider'
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import type { Contexts } from './contexts.ts'

const Service = Type.Object({ service_id: ServiceId })
const Force = Type.Object(
  {
    force_refresh: Type.Boolean({
      default: false,
      description: 'log in anew; what is there is answered where the last login failed a moment ago',
    }),
  },
  { additionalProperties: false },
)
const Headers = Type.Record(Type.String(), Type.String(), { description: 'name and value of each header to send' })
const Renewed = Type.Object({
  success: Type.Boolean(),
  message: Type.String(),
  service_id: ServiceId,
  refresh_type: Type.Enum(['login', 'refresh'], { description: 'refresh: by the refresh token, without a login' }),
  context_fields: AuthContext.properties.context_fields,
  expires_at: AuthContext.properties.expires_at,
})

const isoTime = (ms: number): string => new Date(ms).toISOString()

export function contextRoutes(scope: FastifyInstance, contexts: Contexts): void {
  const app = scope.withTypeProvider<TypeBoxProvider>()

  app.route({
    method: 'GET',
    url: '/auth-context/:service_id',
    schema: {
      summary: 'What to put into requests to this outside service; logs in where that is needed',
      tags: ['contexts'],
      params: Service,
      querystring: Force,
      response: { 200: AuthContext },
    },
    handler: async (request) => {
      const { service_id } = request.params
      const force = request.query.force_refresh
      const { context, fromCache } = await contexts.find(requireUser(request).sub, service_id, { force })
      return {
        success: true,
        service_id,
        context_fields: Object.keys(context.fields),
        injections: context.injections,
        from_cache: fromCache,
        expires_at: isoTime(context.expires_at),
      }
    },
  })

  app.route({
    method: 'GET',
    url: '/auth-context/:service_id/headers',
    schema: {
      summary: 'The headers to send to this outside service, its cookies among them',
      tags: ['contexts'],
      params: Service,
      querystring: Force,
      response: { 200: Headers },
    },
    handler: async (request) => {
      const { sub } = requireUser(request)
      const { service_id } = request.params
      if (!request.query.force_refresh) return contexts.headers(sub, service_id)
      return (await contexts.find(sub, service_id, { force: true })).context.headers
    },
  })

  app.route({
    method: 'POST',
    url: '/auth-profiles/:service_id/refresh',
    schema: {
      summary: 'Renew the login now, by its refresh token where there is one, else by a login',
      tags: ['contexts'],
      params: Service,
      response: { 200: Renewed },
    },
    handler: async (request) => {
      const { service_id } = request.params
      const { made_by, fields, expires_at } = await contexts.renew(requireUser(request).sub, service_id)
      return {
        success: true,
        message: made_by === 'refresh' ? 'Renewed by the refresh token' : 'Logged in anew',
        service_id,
        refresh_type: made_by,
        context_fields: Object.keys(fields),
        expires_at: isoTime(expires_at),
      }
    },
  })
}
