import { sql } from 'kysely'
import { Type } from 'typebox'

/** Microseconds as PostgreSQL keeps them: a Date would lose the last three digits and a page would repeat a row. */
export const Moment = Type.String({
  format: 'date-time',
  pattern: '^[1-9]\\d{3}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:[0-5]\\d\\.\\d{6}Z$',
})
export const momentText = (column: string) =>
  sql<string>`to_char(${sql.ref(column)} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`
