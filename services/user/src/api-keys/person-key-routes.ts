import { ApiKeyList } from '@munjigi/contracts/api-keys'
import { Person } from '@munjigi/contracts/people'
import { FOR_OWN_LOGIN, requireOwnLogin } from '@munjigi/identity/own-login'
import type { TypeBoxProvider } from '@munjigi/server/typebox-provider'
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { administer } from '../admin/administrator.ts'
import { changePerson } from '../admin/locked-change.ts'
import type { PersonChange } from '../admin/person-change.ts'
import { requireTarget } from '../admin/target.ts'
import type { AdminDeps } from '../deps.ts'
import { SubParams } from '../people/person-routes.ts'
import { findPerson } from '../people/person-rows.ts'
import { listKeys, revokeKey } from './api-keys.ts'
import { keyNotFound } from './problems.ts'

const KeyParams = Type.Interface([SubParams], { key_id: Type.String({ format: 'uuid' }) })

/** Somebody's API keys, for administrators who may act on them: seen masked, and revoked. */
export function personKeyRoutes(scope: FastifyInstance, deps: AdminDeps): void {
  const app = scope.withTypeProvider<TypeBoxProvider>()

  app.route({
    method: 'GET',
    url: '/people/:sub/keys',
    schema: {
      ...FOR_OWN_LOGIN,
      summary: "A person's API keys, masked",
      params: SubParams,
      response: { 200: ApiKeyList },
    },
    handler: async (request) => {
      requireOwnLogin(request)
      return administer(deps.db, request, async (trx, actor) => {
        const target = await requireTarget(trx, actor, request.params.sub)
        const owner = await findPerson(trx, target.sub)
        return { keys: owner === undefined ? [] : await listKeys(trx, owner) }
      })
    },
  })

  app.route({
    method: 'DELETE',
    url: '/people/:sub/keys/:key_id',
    schema: { summary: 'Revokes an API key of a person', params: KeyParams, response: { 200: Person } },
    handler: async (request) => {
      const { sub, key_id } = request.params
      const person = await changePerson(deps, request, sub, revoke(key_id))
      await deps.events.keyRevoked(key_id)
      return person
    },
  })
}

const revoke =
  (key_id: string): PersonChange =>
  async ({ trx, target }) => {
    const owner = await findPerson(trx, target.sub)
    const revoked = owner && (await revokeKey(trx, owner, key_id))
    if (revoked === undefined) throw keyNotFound()
    return { action: 'key.revoked', details: { key_id, name: revoked.name } }
  }
