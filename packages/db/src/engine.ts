interface Answer {
  rows: unknown[]
  affected: bigint | undefined
}

/** A statement with its parameters. */
export interface Statement {
  text: string
  parameters?: readonly unknown[]
  /** Under which PostgreSQL plans it once for the connection. */
  name?: string | undefined
  /** Whether it is its transaction's last and brings the COMMIT along. */
  commits?: boolean | undefined
}

/** One connection, held alone until `release`. */
export interface Session {
  /** Sends `text` (without parameters, any number of statements) as one message. */
  run(text: string): Promise<void>
  query(statement: Statement): Promise<Answer>
  /** Opens a transaction; no statement runs between BEGIN and `settings`. */
  begin(mode: string, settings: readonly string[]): Promise<void>
  /** Nothing is left to do where a statement has brought it along. */
  commit(): Promise<void>
  rollback(): Promise<void>
  release(): void
}

/** As whom statements are made. */
export interface Speaker {
  readonly role: string
  /** Whether `app.all_tenants` is on wherever no `withTenant` narrows it, for policies that let such statements through. */
  readonly acrossTenants: boolean
  /** An operator waits for the statement, and no request. */
  readonly isCommand: boolean
}

/** What connects: PostgreSQL or PGlite. */
export interface Engine {
  acquire(speaker: Speaker | undefined): Promise<Session>
  /** A session of the login itself, without time limits, for migrations. */
  acquireOwner(): Promise<Session>
  dump(): Promise<Blob>
  close(): Promise<void>
}

/** The engine behind each Database, for this package alone: its owner sessions obey no role. */
export const engines = new WeakMap<object, Engine>()

const NAME = /^[a-z_][a-z0-9_]{0,62}$/

/** Role and schema names stand in SQL text and in start-up options, so they are plain lower-case words or refused. */
export function plainName(name: string): string {
  if (!NAME.test(name)) throw new Error(`"${name}" is not a plain lower-case name (a–z, 0–9, _)`)
  return name
}
