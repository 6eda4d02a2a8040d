import { AuditPage } from '@munjigi/contracts/people'
import { pageOf } from '@munjigi/db/page'
import type { TypeBoxProvider } from '@munjigi/server/typebox-provider'
import type { FastifyInstance } from 'fastify'
import type { Kysely } from 'kysely'
import { type Static, Type } from 'typebox'
import { requireAdministrator } from '../admin/administrator.ts'
import { readCursor, writeCursor } from '../admin/cursor.ts'
import type { Tables } from '../tables.ts'

const Place = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })
const Moment = Type.String({ format: 'date-time' })
const AuditQuery = Type.Object(
  {
    actor: Type.Optional(Type.String({ maxLength: 255, description: 'subject of who did it' })),
    target: Type.Optional(Type.String({ maxLength: 255 })),
    action: Type.Optional(Type.String({ maxLength: 100, description: 'the action, or its beginning: `person.`' })),
    from: Type.Optional(Moment),
    until: Type.Optional(Moment),
    cursor: Type.Optional(Type.String({ maxLength: 500 })),
    limit: Type.Integer({ minimum: 1, maximum: 200, default: 50 }),
  },
  { additionalProperties: false },
)
type AuditQuery = Static<typeof AuditQuery>

export function auditRoutes(scope: FastifyInstance, { db }: { db: Kysely<Tables> }): void {
  const app = scope.withTypeProvider<TypeBoxProvider>()

  app.route({
    method: 'GET',
    url: '/audit-events',
    schema: { summary: 'Who did what, newest first', querystring: AuditQuery, response: { 200: AuditPage } },
    handler: async (request) => {
      const { superuser, tenant_id } = await requireAdministrator(db, request)
      return listEvents(db, request.query, superuser ? undefined : tenant_id)
    },
  })
}

async function listEvents(db: Kysely<Tables>, filter: AuditQuery, tenantId: string | undefined) {
  let query = db
    .selectFrom('audit_events')
    .select(['id', 'at', 'actor', 'action', 'target', 'details', 'request_id'])
    .orderBy('id', 'desc')
    .limit(filter.limit + 1)
  if (tenantId !== undefined) query = query.where('tenant_id', '=', tenantId)
  if (filter.actor !== undefined) query = query.where('actor', '=', filter.actor)
  if (filter.target !== undefined) query = query.where('target', '=', filter.target)
  if (filter.action !== undefined) query = query.where('action', '^@', filter.action)
  if (filter.from !== undefined) query = query.where('at', '>=', new Date(filter.from))
  if (filter.until !== undefined) query = query.where('at', '<', new Date(filter.until))
  if (filter.cursor !== undefined) query = query.where('id', '<', readCursor(Place, filter.cursor))
  const [page, last] = pageOf(await query.execute(), filter.limit)
  return {
    events: page.map((row) => ({ ...row, id: String(row.id), at: row.at.toISOString() })),
    ...(last && { next_cursor: writeCursor(last.id) }),
  }
}
