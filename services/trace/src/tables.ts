import type { TraceEntry } from '@munjigi/contracts/trace'
import type { ColumnType, Generated, GeneratedAlways, JSONColumnType } from 'kysely'

export interface Tables {
  traces: {
    id: string
    position: GeneratedAlways<number>
    owner_sub: string
    tenant_id: string
    last_seq: number
    created_at: ColumnType<Date, never, never>
    updated_at: Generated<Date>
  }
  entries: {
    tenant_id: string
    trace_id: string
    seq: number
    at: ColumnType<Date, string, never>
    level: TraceEntry['level']
    message: string
    fields: JSONColumnType<Record<string, unknown>, string, never>
  }
}
