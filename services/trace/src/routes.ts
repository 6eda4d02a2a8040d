import { TraceEntry } from '@munjigi/contracts/trace'
import { pageOf } from '@munjigi/db/page'
import { requireUser } from '@munjigi/identity/user-context'
import type { TypeBoxProvider } from '@munjigi/server/typebox-provider'
import type { FastifyInstance } from 'fastify'
import { type Static, Type } from 'typebox'
import { findTrace, readTrace, requireReading, TraceParams } from './guards.ts'
import type { Listeners } from './listeners.ts'
import { entryTooLarge, traceFull, traceNotYours } from './problems.ts'
import type { NewEntry, TraceStore } from './store.ts'
import { tenantsOf } from './tenants.ts'

const MAX_FIELDS_BYTES = 8 * 1024
const MAX_BATCH = 100
/** What both JavaScript and the database read as one instant: no leap second, no year 0, a whole offset. */
const INSTANT = '^20\\d\\d-\\d\\d-\\d\\dT\\d\\d:\\d\\d:[0-5]\\d(\\.\\d{1,9})?(Z|[+-]\\d\\d:\\d\\d)$'

const Entry = Type.Object(
  {
    level: TraceEntry.properties.level,
    message: TraceEntry.properties.message,
    fields: Type.Optional(
      // Names of one line each, for that is what the schema of the answer can match.
      Type.Record(Type.String({ pattern: '^[^\\p{Cc}\\u2028\\u2029]{1,100}$' }), Type.Unknown(), {
        additionalProperties: false,
        maxProperties: 50,
      }),
    ),
    at: Type.Optional(
      Type.String({ format: 'date-time', pattern: INSTANT, description: 'when it happened; default: now' }),
    ),
  },
  { additionalProperties: false },
)
const Appended = Type.Object({
  trace_id: TraceEntry.properties.trace_id,
  first_seq: TraceEntry.properties.seq,
  last_seq: TraceEntry.properties.seq,
})
/** As far as the database counts. */
const MAX_SEQ = 2 ** 31 - 1
const EntryPage = Type.Object({ entries: Type.Array(TraceEntry), next_cursor: Type.Optional(Type.String()) })
const TracePage = Type.Object({
  traces: Type.Array(
    Type.Object({
      trace_id: TraceEntry.properties.trace_id,
      last_seq: TraceEntry.properties.seq,
      created_at: Type.String({ format: 'date-time' }),
      updated_at: Type.String({ format: 'date-time' }),
    }),
  ),
  next_cursor: Type.Optional(Type.String()),
})
const PageQuery = Type.Object(
  {
    cursor: Type.Optional(Type.String({ pattern: '^\\d{1,15}$', description: 'next_cursor of the page before' })),
    limit: Type.Integer({ minimum: 1, maximum: 200, default: 100 }),
  },
  { additionalProperties: false },
)

export function traceRoutes(scope: FastifyInstance, traces: TraceStore, listeners: Listeners): void {
  const app = scope.withTypeProvider<TypeBoxProvider>()

  app.route({
    method: 'POST',
    url: '/traces/:trace_id/entries',
    schema: {
      summary: 'Append one entry, or up to 100 as an array; the first to append owns the trace',
      tags: ['entries'],
      params: TraceParams,
      body: Type.Union([Entry, Type.Array(Entry, { minItems: 1, maxItems: MAX_BATCH })]),
      response: { 201: Appended },
    },
    handler: async (request, reply) => {
      const { trace_id } = request.params
      const user = requireUser(request)
      const entries = (Array.isArray(request.body) ? request.body : [request.body]).map(toNewEntry)
      const known = await findTrace(traces, user, trace_id)
      if (known && known.owner_sub !== user.sub) throw traceNotYours()
      const key = { tenant_id: known?.tenant_id ?? tenantsOf(user)[0], id: trace_id }
      const last_seq = await traces.append({ ...key, owner_sub: user.sub }, entries)
      if (last_seq === undefined) {
        const trace = await traces.find(key)
        throw trace?.owner_sub === user.sub ? traceFull() : traceNotYours()
      }
      listeners.announce(key, last_seq)
      return reply.code(201).send({ trace_id, first_seq: last_seq - entries.length + 1, last_seq })
    },
  })

  app.route({
    method: 'GET',
    url: '/traces/:trace_id/entries',
    preHandler: requireReading(traces),
    schema: {
      summary: 'The entries of a trace, oldest first (its owner and administrators)',
      tags: ['entries'],
      params: TraceParams,
      querystring: PageQuery,
      response: { 200: EntryPage },
    },
    handler: async (request) => {
      const { cursor, limit } = request.query
      const after = Math.min(Number(cursor ?? 0), MAX_SEQ)
      const rows = await traces.listEntries(readTrace(request), after, limit + 1)
      const [entries, next] = pageOf(rows, limit)
      return { entries, ...(next && { next_cursor: String(next.seq) }) }
    },
  })

  app.route({
    method: 'GET',
    url: '/traces',
    schema: {
      summary: 'Your own traces, newest first',
      tags: ['traces'],
      querystring: PageQuery,
      response: { 200: TracePage },
    },
    handler: async (request) => {
      const { cursor, limit } = request.query
      const before = Number(cursor ?? Number.MAX_SAFE_INTEGER)
      const user = requireUser(request)
      const rows = []
      for (const tenant_id of tenantsOf(user))
        rows.push(...(await traces.listOwn({ tenant_id, owner_sub: user.sub }, before, limit + 1)))
      const [own, next] = pageOf(
        rows.toSorted((one, other) => other.position - one.position),
        limit,
      )
      return { traces: own, ...(next && { next_cursor: String(next.position) }) }
    },
  })
}

function toNewEntry({ at, fields = {}, ...entry }: Static<typeof Entry>): NewEntry {
  if (Buffer.byteLength(JSON.stringify(fields)) > MAX_FIELDS_BYTES) throw entryTooLarge()
  return { ...entry, fields, at: (at === undefined ? new Date() : new Date(at)).toISOString() }
}
