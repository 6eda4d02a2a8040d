import { resolve } from 'node:path'
import { Kysely } from 'kysely'
import { roleDialect } from './dialect.ts'
import { type Engine, engines, plainName, type Speaker } from './engine.ts'
import { pgliteEngine } from './pglite.ts'
import { postgresEngine } from './postgres.ts'
import { within } from './within.ts'

export interface Database {
  /**
   * A handle whose every statement runs under `role`. Tables are named by schema: `as<Tables>('meal_serving').withSchema('meal')`,
   * and raw SQL writes `meal.menus`. `timestamptz` is a Date, `date` a string `YYYY-MM-DD`, `bigint` a number (throws beyond 2^53),
   * `numeric` a string; a JSON array goes in as `JSON.stringify(array)`. With `acrossTenants` the setting `app.all_tenants`
   * is `on` outside `withTenant`, and policies may let such statements through. With `isCommand`, for an operator's commands, a
   * statement may take a minute; otherwise it has 700 ms. With `isApart` the handle has connections of its own, so that it never
   * waits for one behind others.
   */
  as<Tables>(role: string, options?: Partial<Omit<Speaker, 'role'>>): Kysely<Tables>
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
  const handles = new Map<string, { speaker: Speaker; handle: Kysely<unknown> }>()

  function as<Tables>(
    role: string,
    { acrossTenants = false, isCommand = false, isApart = false } = {},
  ): Kysely<Tables> {
    const speaker = { role: plainName(role), acrossTenants, isCommand, isApart }
    const name = `${role} ${acrossTenants} ${isCommand} ${isApart}`
    const known = handles.get(name) ?? { speaker, handle: new Kysely({ dialect: roleDialect(engine, speaker) }) }
    handles.set(name, known)
    return known.handle as Kysely<Tables>
  }

  let closing: Promise<void> | undefined
  function close(): Promise<void> {
    closing ??= engine.close()
    return closing
  }

  const isAlive = () => within(ALIVE_LIMIT_MS, assertWritable(engine, handles.values().next().value?.speaker))

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

async function assertWritable(engine: Engine, speaker: Speaker | undefined) {
  const session = await engine.acquire(speaker)
  try {
    const { rows } = await session.query({ text: "select current_setting('transaction_read_only') as read_only" })
    if ((rows[0] as { read_only: string }).read_only === 'on') throw new Error('the database is read-only')
  } finally {
    session.release()
  }
}
