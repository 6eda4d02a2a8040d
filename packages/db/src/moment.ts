import { sql } from 'kysely'
import { Type } from 'typebox'

/** A `timestamptz` in UTC to the microsecond, as PostgreSQL keeps it: a Date would lose three digits and a page would repeat a row. */
export const Moment = Type.String({
  format: 'date-time',
  pattern: '^[1-9]\\d{3}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:[0-5]\\d\\.\\d{6}Z$',
})

/** A `timestamptz` column as a `Moment`. */
export const momentText = (column: string) =>
  sql<string>`to_char(${sql.ref(column)} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`
