import { Readable } from 'node:stream'
import { AuditFilter, AuditPage } from '@munjigi/contracts/audit'
import type { TypeBoxProvider } from '@munjigi/server/typebox-provider'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Kysely } from 'kysely'
import { Type } from 'typebox'
import { administer } from '../admin/administrator.ts'
import type { Tables } from '../tables.ts'
import { recordEvent } from './audit.ts'
import { listEvents } from './events.ts'

const EXPORT_PAGE = 500
const JSON_LINES = 'application/x-ndjson'

const AuditQuery = Type.Object(
  {
    ...AuditFilter.properties,
    cursor: Type.Optional(Type.String({ maxLength: 500 })),
    limit: Type.Integer({ minimum: 1, maximum: 200, default: 50 }),
  },
  { additionalProperties: false },
)

const Lines = Type.Unsafe<Readable>({ type: 'string', description: 'one AuditEvent a line' })

export function auditRoutes(scope: FastifyInstance, { db }: { db: Kysely<Tables> }): void {
  const app = scope.withTypeProvider<TypeBoxProvider>()

  app.route({
    method: 'GET',
    url: '/audit-events',
    schema: { summary: 'Who did what, newest first', querystring: AuditQuery, response: { 200: AuditPage } },
    handler: (request) =>
      administer(db, request, (trx, { superuser, tenant_id }) =>
        listEvents(trx, { ...request.query, ...(!superuser && { tenant_id }) }),
      ),
  })

  app.route({
    method: 'GET',
    url: '/audit-events/export',
    schema: {
      summary: 'The whole log as JSON lines, newest first; complete only if the response ends normally',
      querystring: AuditFilter,
      response: { 200: { content: { [JSON_LINES]: { schema: Lines } } } },
    },
    handler: async (request, reply) => {
      await administer(db, request, (trx, { sub, superuser, tenant_id }) =>
        recordEvent(trx, {
          actor: sub,
          action: 'audit.exported',
          target: null,
          tenant_id: superuser ? null : tenant_id,
          request_id: request.id,
          details: request.query,
        }),
      )
      reply.type(JSON_LINES)
      return reply.send(Readable.from(exportLines(db, request, request.query), { highWaterMark: 1 }))
    },
  })
}

/** Page after page, as fast as the reader takes them, each under the rights that the administrator has by then. */
async function* exportLines(db: Kysely<Tables>, request: FastifyRequest, filter: AuditFilter): AsyncGenerator<string> {
  for (let place = {}; ; ) {
    const { events, next_cursor } = await administer(db, request, (trx, { superuser, tenant_id }) =>
      listEvents(trx, { ...filter, ...(!superuser && { tenant_id }), ...place, limit: EXPORT_PAGE }),
    )
    yield events.map((event) => `${JSON.stringify(event)}\n`).join('')
    if (next_cursor === undefined) return
    place = { cursor: next_cursor }
  }
}
