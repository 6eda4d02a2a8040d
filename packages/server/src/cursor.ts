import type { Static, TSchema } from 'typebox'
import { Check } from 'typebox/value'
import { invalidField } from './invalid-field.ts'

/** Where the next page begins, as text that callers hand back and do not read. */
export const writeCursor = (place: unknown): string => Buffer.from(JSON.stringify(place)).toString('base64url')

/** The place that `writeCursor` wrote. @throws Problem 400 `invalid-request` where it is none of this schema's */
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
