import { resolve } from 'node:path'
import { Kysely } from 'kysely'
import { within } from './deadline.ts'
import { roleDialect } from './dialect.ts'
import { type Engine, engines, plainName } from './engine.ts'
import { pgliteEngine } from './pglite.ts'
import { postgresEngine } from './postgres.ts'

export interface Database {
  /**
   * A handle whose every statement runs under `role`. Tables are named by schema: `as<Tables>('meal_serving').withSchema('meal')`,
   * and raw SQL writes `meal.menus`. `timestamptz` is a Date, `date` a string `YYYY-MM-DD`, `bigint` a number (throws beyond 2^53),
   * `numeric` a string; a JSON array goes in as `JSON.stringify(array)`.
   */
  as<Tables>(role: string): Kysely<Tables>
  /** Throws within 1 s when the database is gone, frozen or read-only. */
  isAlive(): Promise<void>
  /** The whole database as a file for `connect`'s `dump`; PGlite only. */
  dump(): Promise<Blob>
  close(): Promise<void>
}

const ALIVE_LIMIT_MS = 950

/**
 * `postgres://…`, `pglite://memory` or `pglite:///absolute/folder`. Nothing is connected until the first statement; a
 * PostgreSQL that is gone or frozen makes each statement fail within 1 s, and the next one tries anew.
 */
export function connect(url: string, options: { dump?: Blob } = {}): Database {
  const engine = openEngine(url, options.dump)
  const handles = new Map<string, Kysely<unknown>>()

  function as<Tables>(role: string): Kysely<Tables> {
    const handle = handles.get(role) ?? new Kysely({ dialect: roleDialect(engine, plainName(role)) })
    handles.set(role, handle)
    return handle as Kysely<Tables>
  }

  let closing: Promise<void> | undefined
  function close(): Promise<void> {
    closing ??= engine.close()
    return closing
  }

  const isAlive = () => within(ALIVE_LIMIT_MS, assertWritable(engine, handles.keys().next().value))

  const database: Database = { as, isAlive, dump: engine.dump, close }
  engines.set(database, engine)
  return database
}

function openEngine(url: string, dump: Blob | undefined): Engine {
  if (url === 'pglite://memory') return pgliteEngine(undefined, dump)
  if (url.startsWith('pglite:///')) return pgliteEngine(resolve(url.slice('pglite://'.length)), dump)
  if (/^postgres(ql)?:\/\//.test(url)) return postgresEngine(url)
  throw new TypeError('a database URL begins with postgres:// or is pglite://memory or pglite:///folder')
}

async function assertWritable(engine: Engine, role: string | undefined) {
  const session = await engine.acquire(role)
  try {
    const { rows } = await session.query("select current_setting('transaction_read_only') as read_only", [])
    if ((rows[0] as { read_only: string }).read_only === 'on') throw new Error('the database is read-only')
  } finally {
    session.release()
  }
}
