import {
  AccessRecord,
  ExchangedToken,
  INTERNAL_USER_PATH,
  PrincipalName,
  TokenExchange,
} from '@munjigi/contracts/access'
import { X_INTERNAL_KEY } from '@munjigi/contracts/headers'
import type { TypeBoxProvider } from '@munjigi/server/typebox-provider'
import type { FastifyInstance } from 'fastify'
import type { Kysely } from 'kysely'
import { caseRoleRoutes } from '../case-roles/case-role-routes.ts'
import type { UserDeps } from '../deps.ts'
import { findPersonByName } from '../people/person-rows.ts'
import { unknownPerson } from '../problems.ts'
import type { Tables } from '../tables.ts'
import { findAccessRecord } from './access-record.ts'
import { internalKeyCheck } from './internal-key.ts'
import { internalKeyInvalid } from './problems.ts'
import { exchangeToken } from './token-exchange.ts'

interface InternalDeps extends UserDeps {
  /** Where access records are read. */
  records: Kysely<Tables>
}

/** The routes between gateway, services and user (DESIGN §4.6); none is reachable from outside. */
export async function internalRoutes(scope: FastifyInstance, deps: InternalDeps): Promise<void> {
  const app = scope.withTypeProvider<TypeBoxProvider>()
  const isInternalKey = internalKeyCheck(deps.settings.internalKeys)
  app.addHook('onRequest', ({ headers }, _reply, done) => {
    done(isInternalKey(headers[X_INTERNAL_KEY]) ? undefined : internalKeyInvalid())
  })

  app.get(
    `${INTERNAL_USER_PATH}/access`,
    { schema: { querystring: PrincipalName, response: { 200: AccessRecord } } },
    async (request) => {
      const sub = await findSub(deps, request.query)
      const record = sub && (await findAccessRecord(deps.records, deps.settings.platformIssuer, sub))
      if (!record) throw unknownPerson(404)
      return record
    },
  )

  app.post(
    `${INTERNAL_USER_PATH}/tokens`,
    { schema: { body: TokenExchange, response: { 200: ExchangedToken } } },
    (request) => exchangeToken(deps, request.body, request.id),
  )

  app.register(caseRoleRoutes, deps)
}

/** Only we and the issuers that share our people name anybody (DESIGN §4.3). */
async function findSub({ records, settings }: InternalDeps, name: PrincipalName): Promise<string | undefined> {
  if (name.issuer === settings.platformIssuer) return name.sub
  const isShared = settings.issuers.some(({ issuer, people }) => issuer === name.issuer && people === 'shared')
  return isShared ? (await findPersonByName(records, name))?.sub : undefined
}
