import { sql } from 'kysely'
import { type Static, type TSchema, Type } from 'typebox'
import { Check } from 'typebox/value'
import { invalidField } from './problems.ts'

/** Microseconds as PostgreSQL keeps them: a Date would lose the last three digits and the page would repeat a row. */
export const TimePlace = Type.Tuple([
  Type.String({ format: 'date-time', pattern: '^[1-9]\\d{3}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:[0-5]\\d\\.\\d{6}Z$' }),
  Type.String({ format: 'uuid' }),
])

/** The first half of a TimePlace, as column `place`. */
export const placeOf = (column: string) =>
  sql<string>`to_char(${sql.ref(column)} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`.as('place')

/** Where the next page begins, as text that callers hand back and do not read. */
export const writeCursor = (place: unknown): string => Buffer.from(JSON.stringify(place)).toString('base64url')

export function readCursor<T extends TSchema>(schema: T, cursor: string): Static<T> {
  const place = parse(Buffer.from(cursor, 'base64url').toString('utf8'))
  if (!Check(schema, place)) throw invalidField('cursor', 'is not a next_cursor of this list')
  return place
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
