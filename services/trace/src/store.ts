import type { TraceEntry } from '@munjigi/contracts/trace'
import { isoTime } from '@munjigi/db/iso-time'
import { type Kysely, sql } from 'kysely'
import type { Ownership } from './rights.ts'
import type { Tables } from './tables.ts'

export const MAX_ENTRIES_PER_TRACE = 10_000
const SWEEP_ENTRIES = 1_000
const SWEEP_TRACES = 100

export type NewEntry = Omit<TraceEntry, 'trace_id' | 'seq'>
export type TraceStore = ReturnType<typeof traceStore>

const entryColumns = ['trace_id', 'seq', isoTime('at'), 'level', 'message', 'fields'] as const
const traceColumns = ['id as trace_id', 'position', 'last_seq', isoTime('created_at'), isoTime('updated_at')] as const

export function traceStore(db: Kysely<Tables>) {
  return {
    find: (id: string): Promise<(Ownership & { last_seq: number }) | undefined> =>
      db.selectFrom('traces').select(['owner_sub', 'tenant_id', 'last_seq']).where('id', '=', id).executeTakeFirst(),

    listOwn: (owner_sub: string, before: number, limit: number) =>
      db
        .selectFrom('traces')
        .select(traceColumns)
        .where('owner_sub', '=', owner_sub)
        .where('position', '<', before)
        .orderBy('position', 'desc')
        .limit(limit)
        .execute(),

    listEntries: (trace_id: string, after: number, limit: number): Promise<TraceEntry[]> =>
      db
        .selectFrom('entries')
        .select(entryColumns)
        .where('trace_id', '=', trace_id)
        .where('seq', '>', after)
        .orderBy('seq')
        .limit(limit)
        .execute(),

    /** The last seq given; undefined when the trace is somebody else's or full. */
    append: (trace: Ownership & { id: string }, entries: readonly NewEntry[]): Promise<number | undefined> =>
      db.transaction().execute(async (trx) => {
        // The row's lock orders appenders: no seq is seen before the ones below it.
        const counted = await trx
          .insertInto('traces')
          .values({ ...trace, last_seq: entries.length })
          .onConflict((row) =>
            row
              .column('id')
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
          trace_id: trace.id,
          seq: first + index,
        }))
        await trx.insertInto('entries').values(rows).execute()
        return counted.last_seq
      }),

    /** Removes what was last written to before `limit`, a bounded part of it; true when nothing is left. */
    async removeExpired(limit: Date): Promise<boolean> {
      const expired = db.selectFrom('traces').select('id').where('updated_at', '<', limit)
      const entries = await db
        .deleteFrom('entries')
        .where(({ refTuple, selectFrom, eb }) =>
          eb(
            refTuple('trace_id', 'seq'),
            'in',
            selectFrom('entries')
              .select(['trace_id', 'seq'])
              .where('trace_id', 'in', expired)
              .limit(SWEEP_ENTRIES)
              .$asTuple('trace_id', 'seq'),
          ),
        )
        .executeTakeFirst()
      if (entries.numDeletedRows > 0n) return false
      const traces = await db
        .deleteFrom('traces')
        .where('id', 'in', expired.limit(SWEEP_TRACES))
        .where('updated_at', '<', limit)
        .executeTakeFirst()
      return traces.numDeletedRows === 0n
    },
  }
}
