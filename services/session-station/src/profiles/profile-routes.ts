import { AuthProfile, AuthProfileChange, NewAuthProfile } from '@munjigi/contracts/auth-profiles'
import { pageOf } from '@munjigi/db/page'
import { requireUser } from '@munjigi/identity/user-context'
import type { TypeBoxProvider } from '@munjigi/server/typebox-provider'
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { creatorOf } from './creator.ts'
import type { OwnProfiles } from './own-profiles.ts'
import { answeredProfile } from './stored-content.ts'

const ServiceParams = Type.Pick(AuthProfile, ['service_id'])
const Page = Type.Object(
  {
    cursor: Type.Optional(Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })),
    limit: Type.Integer({ minimum: 1, maximum: 200, default: 100 }),
  },
  { additionalProperties: false },
)
const tags = ['auth-profiles']

export function profileRoutes(scope: FastifyInstance, profiles: OwnProfiles): void {
  const app = scope.withTypeProvider<TypeBoxProvider>()

  app.route({
    method: 'GET',
    url: '/auth-profiles',
    schema: {
      summary: 'Your auth profiles, oldest first; a further page is named by the header Link',
      tags,
      querystring: Page,
      response: { 200: Type.Array(AuthProfile) },
    },
    handler: async (request, reply) => {
      const { cursor, limit } = request.query
      const rows = await profiles.list(requireUser(request).sub, { after: cursor ?? 0, limit: limit + 1 })
      const [page, last] = pageOf(rows, limit)
      const path = request.routeOptions.url
      if (last) reply.header('link', `<${path}?limit=${limit}&cursor=${last.id}>; rel="next"`)
      return page.map(answeredProfile)
    },
  })

  app.route({
    method: 'POST',
    url: '/auth-profiles',
    schema: { summary: 'Add an auth profile', tags, body: NewAuthProfile, response: { 201: AuthProfile } },
    handler: async (request, reply) => {
      const row = await profiles.create(creatorOf(requireUser(request)), request.body)
      return reply.code(201).send(answeredProfile(row))
    },
  })

  app.route({
    method: 'GET',
    url: '/auth-profiles/:service_id',
    schema: {
      summary: 'An auth profile, its secrets masked',
      tags,
      params: ServiceParams,
      response: { 200: AuthProfile },
    },
    handler: async (request) =>
      answeredProfile(await profiles.require(requireUser(request).sub, request.params.service_id)),
  })

  app.route({
    method: 'PUT',
    url: '/auth-profiles/:service_id',
    schema: {
      summary: 'Change an auth profile; what is left out stays, and secrets stay with their destinations',
      tags,
      params: ServiceParams,
      body: AuthProfileChange,
      response: { 200: AuthProfile },
    },
    handler: async (request) => {
      const { sub } = requireUser(request)
      return answeredProfile(await profiles.change(sub, request.params.service_id, request.body))
    },
  })

  app.route({
    method: 'DELETE',
    url: '/auth-profiles/:service_id',
    schema: {
      summary: 'Remove an auth profile, with its logins and their log',
      tags,
      params: ServiceParams,
      response: { 204: Type.Null() },
    },
    handler: async (request, reply) => {
      await profiles.remove(requireUser(request).sub, request.params.service_id)
      return reply.code(204).send(null)
    },
  })
}
