import { SessionList } from '@munjigi/contracts/sessions'
import type { TypeBoxProvider } from '@munjigi/server/typebox-provider'
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { recordOwn } from '../audit/audit.ts'
import type { UserDeps } from '../deps.ts'
import { changeOwn, requireSignedIn } from '../people/own-login.ts'
import { sessionNotFound } from './problems.ts'
import { listSessions } from './session-list.ts'
import { endSession, endSessionsOf, findSession } from './sessions.ts'

const SessionParams = Type.Object({ sid: Type.String({ minLength: 1, maxLength: 100 }) })

/** One's own sessions: the list, and ending one or all others. */
export function ownSessionRoutes(scope: FastifyInstance, deps: UserDeps, prefix: string): void {
  const app = scope.withTypeProvider<TypeBoxProvider>()
  const { db } = deps
  const tags = ['sessions']

  app.get(
    `${prefix}/sessions`,
    {
      schema: {
        tags,
        summary: 'Sessions of the signed-in person, the one used last first',
        response: { 200: SessionList },
      },
    },
    async (request) => {
      const { person, sid } = await requireSignedIn(db, request)
      return { sessions: await listSessions(db, person.sub, sid) }
    },
  )

  app.delete(
    `${prefix}/sessions/:sid`,
    {
      schema: {
        tags,
        summary: 'Ends a session of the signed-in person',
        params: SessionParams,
        response: { 204: Type.Null() },
      },
    },
    async (request, reply) => {
      const { sid } = request.params
      const sub = await changeOwn(db, request, async (trx, { person }) => {
        const session = await findSession(trx, sid)
        if (session?.person_sub !== person.sub || !(await endSession(trx, sid))) throw sessionNotFound()
        await recordOwn(trx, person, endOf(sid, request.id))
        return person.sub
      })
      await deps.events.personChanged(sub)
      return reply.code(204).send(null)
    },
  )

  app.delete(
    `${prefix}/sessions`,
    { schema: { tags, summary: 'Ends all other sessions of the signed-in person', response: { 204: Type.Null() } } },
    async (request, reply) => {
      const { person, ended } = await changeOwn(db, request, async (trx, { person, sid }) => {
        const ended = await endSessionsOf(trx, person.sub, { except: sid })
        for (const other of ended) await recordOwn(trx, person, endOf(other, request.id))
        return { person, ended }
      })
      if (ended.length > 0) await deps.events.personChanged(person.sub)
      return reply.code(204).send(null)
    },
  )
}

const endOf = (sid: string, request_id: string) => ({
  action: 'session.ended',
  request_id,
  details: { sid, by: 'list' },
})
