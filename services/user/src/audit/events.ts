import type { AuditEvent, AuditFilter } from '@munjigi/contracts/audit'
import { Moment, momentText } from '@munjigi/db/moment'
import { pageOf } from '@munjigi/db/page'
import { readCursor, writeCursor } from '@munjigi/server/cursor'
import { type Kysely, type SqlBool, sql } from 'kysely'
import { Type } from 'typebox'
import type { Tables } from '../tables.ts'

const Place = Type.Tuple([Moment, Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })])

export interface EventsQuery extends AuditFilter {
  /** Only events of this tenant. */
  tenant_id?: string
  cursor?: string
  limit: number
}

/** A page of the log, newest first. */
export async function listEvents(db: Kysely<Tables>, query: EventsQuery) {
  const rows = await selectEvents(db, query)
  const [page, last] = pageOf(rows, query.limit)
  const events: AuditEvent[] = page.map(({ place: _, ...row }) => ({
    ...row,
    id: String(row.id),
    at: row.at.toISOString(),
  }))
  return { events, ...(last && { next_cursor: writeCursor([last.place, last.id]) }) }
}

async function selectEvents(db: Kysely<Tables>, query: EventsQuery) {
  const { action, ...others } = query
  if (action === undefined) return walk(db, others).execute()
  const [first, ...more] = await actionsBeginning(db, action, query.tenant_id)
  if (first === undefined) return []
  // Each action is read by itself: only the lines of a single action stand in the index in the order of their time.
  const each = (one: string) => db.selectFrom(walk(db, others).where('action', '=', one).as('walked')).selectAll()
  return more
    .reduce((all, one) => all.unionAll(each(one)), each(first))
    .orderBy('at', 'desc')
    .orderBy('id', 'desc')
    .limit(query.limit + 1)
    .execute()
}

function walk(db: Kysely<Tables>, { tenant_id, actor, target, from, until, cursor, limit }: EventsQuery) {
  let query = db
    .selectFrom('audit_events')
    .select(['id', 'at', 'actor', 'action', 'target', 'details', 'request_id', momentText('at').as('place')])
    .orderBy('at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit + 1)
  if (tenant_id !== undefined) query = query.where('tenant_id', '=', tenant_id)
  if (actor !== undefined) query = query.where('actor', '=', actor)
  if (target !== undefined) query = query.where('target', '=', target)
  if (from !== undefined) query = query.where('at', '>=', new Date(from))
  if (until !== undefined) query = query.where('at', '<', new Date(until))
  if (cursor !== undefined) {
    const [at, id] = readCursor(Place, cursor)
    query = query.where(sql<SqlBool>`(at, id) < (${at}::timestamptz, ${id}::bigint)`)
  }
  return query
}

/** The actions with this beginning that the log has. A loose index scan: one step per action, however many lines each has. */
async function actionsBeginning(db: Kysely<Tables>, beginning: string, tenantId: string | undefined) {
  const next = (isAfter: ReturnType<typeof sql<SqlBool>>) =>
    db
      .selectFrom('audit_events')
      .select('action')
      .$if(tenantId !== undefined, (query) => query.where('tenant_id', '=', tenantId as string))
      .where(isAfter)
      .orderBy('action')
      .limit(1)
  const { rows } = await sql<{ action: string }>`
    with recursive seen (action) as (
      (${next(sql`action >= ${beginning}`)})
      union all
      select (${next(sql`audit_events.action > seen.action`)}) from seen where seen.action ^@ ${beginning}
    )
    select action from seen where action ^@ ${beginning}`.execute(db)
  return rows.map(({ action }) => action)
}
