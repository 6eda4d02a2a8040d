import { ServiceId } from '@munjigi/contracts/auth-profiles'
import { RefreshLogDay, RefreshLogPage, RefreshType } from '@munjigi/contracts/auth-refresh-logs'
import { pageOf } from '@munjigi/db/page'
import { requireUser } from '@munjigi/identity/user-context'
import type { TypeBoxProvider } from '@munjigi/server/typebox-provider'
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import type { OwnProfiles } from '../profiles/own-profiles.ts'
import type { RefreshLogStore } from './refresh-log-store.ts'

export const LOGS_KEPT_DAYS = 90

const Params = Type.Object({ service_id: ServiceId })
const Time = Type.String({ format: 'date-time' })
const Page = Type.Object(
  {
    success: Type.Optional(Type.Boolean()),
    refresh_type: Type.Optional(RefreshType),
    from: Type.Optional(Time),
    to: Type.Optional(Type.String({ ...Time, description: 'not included' })),
    cursor: Type.Optional(Type.String({ pattern: '^\\d{1,15}$', description: 'next_cursor of the page before' })),
    limit: Type.Integer({ minimum: 1, maximum: 200, default: 50 }),
  },
  { additionalProperties: false },
)
const Days = Type.Object(
  {
    days: Type.Integer({ minimum: 1, maximum: LOGS_KEPT_DAYS, default: 30, description: 'up to today' }),
    refresh_type: Type.Optional(RefreshType),
  },
  { additionalProperties: false },
)

interface LogDeps {
  logs: RefreshLogStore
  profiles: Pick<OwnProfiles, 'require'>
  now: () => number
}

export function logRoutes(scope: FastifyInstance, { logs, profiles, now }: LogDeps): void {
  const app = scope.withTypeProvider<TypeBoxProvider>()

  app.route({
    method: 'GET',
    url: '/auth-profiles/:service_id/logs',
    schema: {
      summary: `Logins, renewals and test logins of a profile, newest first; kept ${LOGS_KEPT_DAYS} days`,
      tags: ['logs'],
      params: Params,
      querystring: Page,
      response: { 200: RefreshLogPage },
    },
    handler: async (request) => {
      const { cursor, limit, from, to, ...filter } = request.query
      const { id } = await profiles.require(requireUser(request).sub, request.params.service_id)
      const before = Number(cursor ?? Number.MAX_SAFE_INTEGER)
      const times = { from: from === undefined ? from : new Date(from), to: to === undefined ? to : new Date(to) }
      const rows = await logs.list(id, { ...filter, ...times }, { before, limit: limit + 1 })
      const [page, next] = pageOf(rows, limit)
      return { logs: page, ...(next && { next_cursor: String(next.id) }) }
    },
  })

  app.route({
    method: 'GET',
    url: '/auth-profiles/:service_id/logs/summary',
    schema: {
      summary: 'Success and duration of a profile by day in UTC, oldest first, days without an attempt left out',
      tags: ['logs'],
      params: Params,
      querystring: Days,
      response: { 200: Type.Array(RefreshLogDay) },
    },
    handler: async (request) => {
      const { days, ...filter } = request.query
      const { id } = await profiles.require(requireUser(request).sub, request.params.service_id)
      return logs.listDays(id, days, now(), filter)
    },
  })
}
