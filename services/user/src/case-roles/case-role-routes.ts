import { INTERNAL_USER_PATH } from '@munjigi/contracts/access'
import { CaseRoleGrant, CaseRolesQuery, NewCaseRole, WithdrawnCaseRole } from '@munjigi/contracts/case-roles'
import { X_INTERNAL_KEY } from '@munjigi/contracts/headers'
import type { TypeBoxProvider } from '@munjigi/server/typebox-provider'
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import type { UserDeps } from '../deps.ts'
import { internalKeyCheck } from '../internal/internal-key.ts'
import { listCaseRolesIn, listCaseRolesOf, putCaseRole, removeCaseRole } from './case-roles.ts'
import { internalKeyNotAllowed } from './problems.ts'

const PATH = `${INTERNAL_USER_PATH}/case-roles`
const KEY_NAME = 'case'

/** Who has which role in which case (DESIGN §4.6), for the case service alone. */
export async function caseRoleRoutes(scope: FastifyInstance, deps: UserDeps): Promise<void> {
  const app = scope.withTypeProvider<TypeBoxProvider>()
  const isCaseKey = internalKeyCheck(deps.settings.internalKeys.filter(({ name }) => name === KEY_NAME))
  app.addHook('onRequest', async (request) => {
    if (!isCaseKey(request.headers[X_INTERNAL_KEY])) throw internalKeyNotAllowed()
  })

  app.get(
    PATH,
    { schema: { querystring: CaseRolesQuery, response: { 200: Type.Array(CaseRoleGrant) } } },
    ({ query }) =>
      'sub' in query ? listCaseRolesOf(deps.db, query.sub) : listCaseRolesIn(deps.db, query.tenant_id, query.case_id),
  )

  app.put(PATH, { schema: { body: NewCaseRole, response: { 200: CaseRoleGrant } } }, async ({ body, id }) => {
    await putCaseRole(deps, body, id)
    return body
  })

  app.delete(
    PATH,
    { schema: { querystring: WithdrawnCaseRole, response: { 204: Type.Null() } } },
    async ({ query, id }, reply) => {
      await removeCaseRole(deps, query, id)
      return reply.code(204).send(null)
    },
  )
}
