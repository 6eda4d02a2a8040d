import { Person } from '@munjigi/contracts/people'
import { SessionList } from '@munjigi/contracts/sessions'
import { FOR_OWN_LOGIN, requireOwnLogin } from '@munjigi/identity/own-login'
import type { TypeBoxProvider } from '@munjigi/server/typebox-provider'
import type { FastifyInstance } from 'fastify'
import { administer } from '../admin/administrator.ts'
import { changePerson } from '../admin/locked-change.ts'
import { requireTarget } from '../admin/target.ts'
import type { AdminDeps } from '../deps.ts'
import { SubParams } from '../people/person-routes.ts'
import { listSessions } from './session-list.ts'
import { endSessionsOf } from './sessions.ts'

/** Where somebody is signed in, for administrators who may act on them. */
export function personSessionRoutes(scope: FastifyInstance, deps: AdminDeps): void {
  const app = scope.withTypeProvider<TypeBoxProvider>()

  app.route({
    method: 'GET',
    url: '/people/:sub/sessions',
    schema: {
      ...FOR_OWN_LOGIN,
      summary: 'Where a person is signed in',
      params: SubParams,
      response: { 200: SessionList },
    },
    handler: async (request) => {
      requireOwnLogin(request)
      return administer(deps.db, request, async (trx, actor) => {
        const { sub } = await requireTarget(trx, actor, request.params.sub)
        return { sessions: await listSessions(trx, sub, undefined) }
      })
    },
  })

  app.route({
    method: 'DELETE',
    url: '/people/:sub/sessions',
    schema: { summary: 'Signs a person out everywhere', params: SubParams, response: { 200: Person } },
    handler: (request) =>
      changePerson(deps, request, request.params.sub, async ({ trx, target }) => {
        const sids = await endSessionsOf(trx, target.sub)
        return sids.length === 0 ? undefined : { action: 'person.sessions-ended', details: { sids } }
      }),
  })
}
