import { ActiveApiKey, ApiKeyList, MadeApiKey, NewApiKey } from '@munjigi/contracts/api-keys'
import { FOR_OWN_LOGIN } from '@munjigi/identity/own-login'
import { invalidField } from '@munjigi/server/invalid-field'
import type { TypeBoxProvider } from '@munjigi/server/typebox-provider'
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { recordOwn } from '../audit/audit.ts'
import type { UserDeps } from '../deps.ts'
import { changeOwn, requireSignedIn } from '../people/own-login.ts'
import { approvalPending } from '../problems.ts'
import { countLive, findNewestLive, insertKey, listKeys, revokeKey } from './api-keys.ts'
import { newKeyText } from './key-text.ts'
import { keyNotFound, noActiveKey, tooManyKeys } from './problems.ts'

const MAX_LIVE_KEYS = 50

const KeyParams = Type.Object({ key_id: Type.String({ format: 'uuid' }) })

/** One's own API keys; nobody makes any for somebody else. */
export function keyRoutes(scope: FastifyInstance, deps: UserDeps, prefix: string): void {
  const app = scope.withTypeProvider<TypeBoxProvider>()
  const { db, events } = deps
  const ofKeys = { ...FOR_OWN_LOGIN, tags: ['keys'] }

  app.get(
    `${prefix}/keys`,
    { schema: { ...ofKeys, summary: 'Own API keys, newest first', response: { 200: ApiKeyList } } },
    async (request) => {
      const { person } = await requireSignedIn(db, request)
      return { keys: await listKeys(db, person) }
    },
  )

  app.get(
    `${prefix}/keys/active`,
    { schema: { ...ofKeys, summary: 'The newest own API key that works, masked', response: { 200: ActiveApiKey } } },
    async (request) => {
      const { person } = await requireSignedIn(db, request)
      const key = await findNewestLive(db, person, new Date())
      if (key === undefined) throw noActiveKey()
      return key
    },
  )

  app.post(
    `${prefix}/keys`,
    {
      schema: {
        ...ofKeys,
        summary: 'Makes an API key, which is shown only in this answer',
        body: NewApiKey,
        response: { 201: MadeApiKey },
      },
    },
    async (request, reply) => {
      const { name, scopes, expires_at } = request.body
      const now = new Date()
      if (expires_at != null && new Date(expires_at) <= now) throw invalidField('expires_at', 'lies in the past')
      const api_key = newKeyText()
      const made = await changeOwn(db, request, async (trx, { person }) => {
        if (person.role === 'PENDING') throw approvalPending()
        if ((await countLive(trx, person, now)) >= MAX_LIVE_KEYS) throw tooManyKeys()
        const key = await insertKey(trx, person, { ...request.body, key: api_key, now })
        await recordOwn(trx, person, {
          action: 'key.created',
          request_id: request.id,
          details: { key_id: key.key_id, name, scopes, expires_at: key.expires_at },
        })
        return key
      })
      return reply
        .code(201)
        .header('cache-control', 'no-store')
        .send({ ...made, api_key })
    },
  )

  app.delete(
    `${prefix}/keys/:key_id`,
    { schema: { ...ofKeys, summary: 'Revokes an API key at once', params: KeyParams, response: { 204: Type.Null() } } },
    async (request, reply) => {
      const { key_id } = request.params
      await changeOwn(db, request, async (trx, { person }) => {
        const revoked = await revokeKey(trx, person, key_id)
        if (revoked === undefined) throw keyNotFound()
        await recordOwn(trx, person, {
          action: 'key.revoked',
          request_id: request.id,
          details: { key_id, name: revoked.name },
        })
      })
      await events.keyRevoked(key_id)
      return reply.code(204).send(null)
    },
  )
}
