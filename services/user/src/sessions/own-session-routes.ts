import { SessionList } from '@munjigi/contracts/sessions'
import { FOR_OWN_LOGIN } from '@munjigi/identity/own-login'
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
  const ofSessions = { ...FOR_OWN_LOGIN, tags: ['sessions'] }

  app.get(
    `${prefix}/sessions`,
    { schema: { ...ofSessions, summary: 'Own sessions, the one used last first', response: { 200: SessionList } } },
    async (request) => {
      const { person, sid } = await requireSignedIn(db, request)
      return { sessions: await listSessions(db, person.sub, sid) }
    },
  )

  app.delete(
    `${prefix}/sessions/:sid`,
    {
      schema: { ...ofSessions, summary: 'Ends one own session', params: SessionParams, response: { 204: Type.Null() } },
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
    { schema: { ...ofSessions, summary: 'Ends all own sessions but this one', response: { 204: Type.Null() } } },
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
