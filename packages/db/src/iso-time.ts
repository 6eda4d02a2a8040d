import { sql } from 'kysely'

/** A `timestamptz` column under its own name, as it goes over the wire: ISO 8601 in UTC with milliseconds. Order by `table.column`, or by this text. */
export const isoTime = <Column extends string>(column: Column) =>
  sql<string>`to_char(${sql.ref(column)} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`.as(column)

/** As `isoTime`, of a column that may be null. */
export const isoTimeOrNull = <Column extends string>(column: Column) =>
  sql<string | null>`to_char(${sql.ref(column)} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`.as(column)
