import { TestedLogin } from '@munjigi/contracts/auth-contexts'
import { AuthProfile } from '@munjigi/contracts/auth-profiles'
import { requireUser } from '@munjigi/identity/user-context'
import type { TypeBoxProvider } from '@munjigi/server/typebox-provider'
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import type { StationDeps } from '../deps.ts'
import { MASKED, testLogin } from './test-login.ts'

export function testRoute(scope: FastifyInstance, deps: StationDeps): void {
  scope.withTypeProvider<TypeBoxProvider>().route({
    method: 'POST',
    url: '/auth-profiles/:service_id/test',
    schema: {
      summary:
        'Log in to see whether it works; nothing is kept of it, but the outside service may end its other sessions',
      tags: ['auth-profiles'],
      params: Type.Pick(AuthProfile, ['service_id']),
      response: { 200: TestedLogin },
    },
    handler: (request) =>
      testLogin(deps, { sub: requireUser(request).sub, service_id: request.params.service_id }, MASKED),
  })
}
