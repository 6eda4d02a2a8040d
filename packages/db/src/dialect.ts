import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type TransactionSettings,
} from 'kysely'
import type { Engine, Session, Speaker } from './engine.ts'
import type { PreparedQuery } from './prepared.ts'
import { enterScope, tenantSettings } from './tenant.ts'

/** Kysely over `engine`, every statement by `speaker`. */
export function roleDialect(engine: Engine, speaker: Speaker): Dialect {
  return {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new RoleDriver(engine, speaker),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  }
}

class RoleDriver implements Driver {
  readonly #engine: Engine
  readonly #speaker: Speaker

  constructor(engine: Engine, speaker: Speaker) {
    this.#engine = engine
    this.#speaker = speaker
  }

  async init() {}

  async acquireConnection() {
    enterScope()
    return new RoleConnection(await this.#engine.acquire(this.#speaker))
  }

  async beginTransaction(connection: RoleConnection, settings: TransactionSettings) {
    const isolation = settings.isolationLevel ? `isolation level ${settings.isolationLevel}` : ''
    connection.isOver = false
    await connection.session.begin(`${isolation} ${settings.accessMode ?? ''}`, tenantSettings())
  }

  async commitTransaction(connection: RoleConnection) {
    await connection.finish()
    await connection.session.commit()
  }

  async rollbackTransaction(connection: RoleConnection) {
    await connection.finish()
    await connection.session.rollback()
  }

  async releaseConnection(connection: RoleConnection) {
    connection.session.release()
  }

  // The connections are the Database's, which closes them.
  async destroy() {}
}

class RoleConnection implements DatabaseConnection {
  readonly session: Session
  isOver = false
  // The last is enough: Kysely runs the statements of a connection one after another.
  #last: Promise<unknown> | undefined

  constructor(session: Session) {
    this.session = session
  }

  async executeQuery<Row>({ sql, parameters, preparedAs, commits }: CompiledQuery & Partial<PreparedQuery>) {
    if (this.isOver) throw new Error('the transaction is over')
    const answer = this.session.query({ text: sql, parameters, name: preparedAs, commits })
    this.#last = answer
    const { rows, affected } = await answer
    return { rows: rows as Row[], ...(affected !== undefined && { numAffectedRows: affected }) }
  }

  /** Waits for a statement that nobody awaited, so that it ends inside the transaction; those queued behind it are refused. */
  async finish() {
    this.isOver = true
    await this.#last?.catch(() => {})
  }

  // biome-ignore lint/correctness/useYield: Kysely's interface asks for it, and PGlite cannot.
  async *streamQuery(): AsyncIterableIterator<never> {
    throw new Error('rows are not streamed: ask for a page')
  }
}
