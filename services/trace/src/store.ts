import type { TraceEntry } from '@munjigi/contracts/trace'
import { isoTime } from '@munjigi/db/iso-time'
import { withTenant } from '@munjigi/db/tenant'
import { type Kysely, sql } from 'kysely'
import type { Tables } from './tables.ts'

export const MAX_ENTRIES_PER_TRACE = 10_000
const SWEEP_ENTRIES = 1_000
const SWEEP_TRACES = 100

/** What a trace is known by: to another tenant its id says nothing. */
export interface TraceKey {
  tenant_id: string
  id: string
}

export interface Trace extends TraceKey {
  owner_sub: string
  last_seq: number
}

export type NewEntry = Omit<TraceEntry, 'trace_id' | 'seq'>
export type TraceStore = ReturnType<typeof traceStore>

const entryColumns = ['trace_id', 'seq', isoTime('at'), 'level', 'message', 'fields'] as const
const traceColumns = ['id as trace_id', 'position', 'last_seq', isoTime('created_at'), isoTime('updated_at')] as const

/** `db` reaches across tenants: retention does, everything else is held to one. */
export function traceStore(db: Kysely<Tables>) {
  return {
    find: ({ tenant_id, id }: TraceKey): Promise<Trace | undefined> =>
      withTenant(db, tenant_id, (trx) =>
        trx
          .selectFrom('traces')
          .select(['tenant_id', 'id', 'owner_sub', 'last_seq'])
          .where('tenant_id', '=', tenant_id)
          .where('id', '=', id)
          .executeTakeFirst(),
      ),

    listOwn: ({ tenant_id, owner_sub }: Pick<Trace, 'tenant_id' | 'owner_sub'>, before: number, limit: number) =>
      withTenant(db, tenant_id, (trx) =>
        trx
          .selectFrom('traces')
          .select(traceColumns)
          .where('tenant_id', '=', tenant_id)
          .where('owner_sub', '=', owner_sub)
          .where('position', '<', before)
          .orderBy('position', 'desc')
          .limit(limit)
          .execute(),
      ),

    listEntries: ({ tenant_id, id }: TraceKey, after: number, limit: number): Promise<TraceEntry[]> =>
      withTenant(db, tenant_id, (trx) =>
        trx
          .selectFrom('entries')
          .select(entryColumns)
          .where('tenant_id', '=', tenant_id)
          .where('trace_id', '=', id)
          .where('seq', '>', after)
          .orderBy('seq')
          .limit(limit)
          .execute(),
      ),

    /** The last seq given; undefined when the trace is somebody else's or full. */
    append: (trace: Omit<Trace, 'last_seq'>, entries: readonly NewEntry[]): Promise<number | undefined> =>
      withTenant(db, trace.tenant_id, async (trx) => {
        // The row's lock orders appenders: no seq is seen before the ones below it.
        const counted = await trx
          .insertInto('traces')
          .values({ ...trace, last_seq: entries.length })
          .onConflict((row) =>
            row
              .columns(['tenant_id', 'id'])
              .doUpdateSet({ last_seq: sql`traces.last_seq + ${entries.length}`, updated_at: sql`now()` })
              .where('traces.owner_sub', '=', trace.owner_sub)
              .where('traces.last_seq', '<=', MAX_ENTRIES_PER_TRACE - entries.length),
          )
          .returning('last_seq')
          .executeTakeFirst()
        if (!counted) return undefined
        const first = counted.last_seq - entries.length + 1
        const rows = entries.map(({ fields, ...entry }, index) => ({
          ...entry,
          fields: JSON.stringify(fields),
          tenant_id: trace.tenant_id,
          trace_id: trace.id,
          seq: first + index,
        }))
        await trx.insertInto('entries').values(rows).execute()
        return counted.last_seq
      }),

    /** Removes what was last written to before `limit`, a bounded part of it; true when nothing is left. */
    async removeExpired(limit: Date): Promise<boolean> {
      const expired = db.selectFrom('traces').select(['tenant_id', 'id']).where('updated_at', '<', limit)
      const entries = await db
        .deleteFrom('entries')
        .where(({ refTuple, selectFrom, eb }) =>
          eb(
            refTuple('tenant_id', 'trace_id', 'seq'),
            'in',
            selectFrom('entries')
              .select(['tenant_id', 'trace_id', 'seq'])
              .where((inner) =>
                inner(inner.refTuple('tenant_id', 'trace_id'), 'in', expired.$asTuple('tenant_id', 'id')),
              )
              .limit(SWEEP_ENTRIES)
              .$asTuple('tenant_id', 'trace_id', 'seq'),
          ),
        )
        .executeTakeFirst()
      if (entries.numDeletedRows > 0n) return false
      const traces = await db
        .deleteFrom('traces')
        .where(({ refTuple, eb }) =>
          eb(refTuple('tenant_id', 'id'), 'in', expired.limit(SWEEP_TRACES).$asTuple('tenant_id', 'id')),
        )
        .where('updated_at', '<', limit)
        .executeTakeFirst()
      return traces.numDeletedRows === 0n
    },
  }
}
