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
import { listNames } from '../access-events.ts'
import { caseRoleRoutes } from '../case-roles/case-role-routes.ts'
import type { UserDeps } from '../deps.ts'
import { findPerson, findPersonByName, type PersonRow } from '../people/people.ts'
import { listSections } from '../people/sections.ts'
import { internalKeyInvalid, unknownPerson } from '../problems.ts'
import { listEndedSids } from '../sessions/sessions.ts'
import { nowSeconds } from '../tokens/access-token.ts'
import { isInternalKey } from './internal-key.ts'
import { exchangeToken } from './token-exchange.ts'

/** The routes between gateway, services and user (DESIGN §4.6); none is reachable from outside. */
export async function internalRoutes(scope: FastifyInstance, deps: UserDeps): Promise<void> {
  const app = scope.withTypeProvider<TypeBoxProvider>()
  app.addHook('onRequest', async (request) => {
    if (!isInternalKey(deps.settings.internalKeys, request.headers[X_INTERNAL_KEY])) throw internalKeyInvalid()
  })

  app.get(
    `${INTERNAL_USER_PATH}/access`,
    { schema: { querystring: PrincipalName, response: { 200: AccessRecord } } },
    async (request) => {
      const person = await findNamed(deps, request.query)
      if (person === undefined) throw unknownPerson(404)
      return accessRecord(deps, person)
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
async function findNamed({ db, settings }: UserDeps, name: PrincipalName): Promise<PersonRow | undefined> {
  if (name.issuer === settings.platformIssuer) return findPerson(db, name.sub)
  const isShared = settings.issuers.some(({ issuer, people }) => issuer === name.issuer && people === 'shared')
  return isShared ? findPersonByName(db, name) : undefined
}

async function accessRecord({ db, settings }: UserDeps, person: PersonRow): Promise<AccessRecord> {
  const { sub, status, role, superuser, valid_from, rights_changed_at } = person
  return {
    sub,
    names: await listNames(db, settings.platformIssuer, sub),
    status,
    role,
    superuser,
    tenant: { id: person.tenant_id, status: person.tenant_status },
    sections: await listSections(db, person),
    valid_from,
    rights_changed_at,
    ended_sids: await listEndedSids(db, sub, nowSeconds()),
  }
}
