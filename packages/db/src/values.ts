import pg from 'pg'

const { builtins, getTypeParser } = pg.types

function safeInteger(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value)) throw new RangeError('a bigint beyond 2^53 came out of the database')
  return value
}

const instant = getTypeParser(builtins.TIMESTAMPTZ, 'text')

/** How PostgreSQL's text becomes a value, by type OID: one table for both drivers, whose own defaults differ. */
export const parsers: Record<number, (text: string) => unknown> = {
  [builtins.INT8]: safeInteger,
  [builtins.TIMESTAMPTZ]: instant,
  // A calendar day has no time zone; as a Date it would move by a day with the machine's.
  [builtins.DATE]: (text) => text,
  [builtins.NUMERIC]: (text) => text,
  [builtins.BYTEA]: getTypeParser(builtins.BYTEA, 'text'),
}

export const postgresTypes = {
  getTypeParser: (oid: number, format?: 'text' | 'binary') =>
    (format !== 'binary' && parsers[oid]) || getTypeParser(oid, format ?? 'text'),
}
