import pg from 'pg'

/** `cached plan must not change result type`: a migration has changed what a statement answers that this connection had planned. */
export const OUTDATED_PLAN = '0A000'
/** Connection lost (08), out of resources (53), stopped by an operator or the time limit (57), read-only (25006). */
const OUTAGE = new RegExp(`^(08|53|57)|^25006$|^${OUTDATED_PLAN}$`)

/** Whether the database failed, rather than what it was asked. */
export function isOutage(error: unknown): boolean {
  if (error instanceof pg.DatabaseError) return OUTAGE.test(error.code ?? '')
  // A value that JavaScript cannot hold.
  return !(error instanceof RangeError)
}

/** Throws `error` with `statusCode` 503, which tells whoever answers the request that the caller did nothing wrong. */
export function asOutage(error: unknown): never {
  throw error instanceof Error ? Object.assign(error, { statusCode: 503 }) : error
}
