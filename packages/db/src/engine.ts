export interface Answer {
  rows: unknown[]
  affected: bigint | undefined
}

/** A statement with its parameters. */
export interface Statement {
  text: string
  parameters?: readonly unknown[]
  /** The name under which PostgreSQL plans it, once for the connection. */
  name?: string | undefined
  /** Whether it is the last of its transaction and brings the COMMIT along. */
  commits?: boolean | undefined
}

/** One connection, held alone until `release`. */
export interface Session {
  /** Sends `text` (without parameters, any number of statements) as one message. */
  run(text: string): Promise<void>
  query(statement: Statement): Promise<Answer>
  /** Opens a transaction; no statement runs between BEGIN and `settings`. */
  begin(mode: string, settings: readonly string[]): Promise<void>
  /** Does nothing where the last statement has brought the COMMIT along. */
  commit(): Promise<void>
  rollback(): Promise<void>
  release(): void
}

/** On whose behalf statements run. */
export interface Speaker {
  readonly role: string
  /** Whether `app.all_tenants` is on wherever no `withTenant` narrows it, for policies that let such statements through. */
  readonly acrossTenants: boolean
  /** Whether an operator waits for the statement, rather than a request. */
  readonly isCommand: boolean
  /** Its connections are no other's. */
  readonly isApart: boolean
}

/** What opens sessions: PostgreSQL or PGlite. */
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
