import { AbortedTransactionError } from 'kysely'
import type pg from 'pg'
import type { Answer, Session, Statement } from './engine.ts'
import type { PostgresConnection } from './postgres-connection.ts'
import { assertTakesStatement, type TransactionState } from './transaction-state.ts'

/** BEGIN travels with the first statement of a transaction, and COMMIT with the last where that says so: a trip less for each. */
export class PostgresSession implements Session {
  readonly #connection: PostgresConnection
  readonly #release: (isBroken: boolean) => void
  #transaction: TransactionState = 'none'
  /** What opens the transaction, until a statement takes it along. */
  #opening: readonly string[] = []
  /** Settles with the statement that opens the transaction. */
  #opened: Promise<unknown> = Promise.resolve()

  constructor(connection: PostgresConnection, release: (isBroken: boolean) => void) {
    this.#connection = connection
    this.#release = release
  }

  async run(text: string): Promise<void> {
    await this.#open()
    await this.#connection.send(text)
  }

  async query({ text, parameters = [], name, commits = false }: Statement): Promise<Answer> {
    assertTakesStatement(this.#transaction, commits)
    if (commits) this.#transaction = 'committed'
    // Without the mode, what has no parameters goes by the simple protocol, which runs further statements behind a semicolon.
    const query = { text, values: [...parameters], queryMode: 'extended' }
    try {
      const answer = name === undefined ? this.#send(query, commits) : this.#sendNamed({ ...query, name }, commits)
      const { rows, rowCount, command } = await answer
      return { rows, affected: command === 'SELECT' ? undefined : BigInt(rowCount ?? 0) }
    } catch (error) {
      if (commits) this.#transaction = 'open'
      throw error
    }
  }

  async begin(mode: string, settings: readonly string[]): Promise<void> {
    this.#transaction = 'open'
    this.#opening = [`begin ${mode}`, ...settings]
  }

  async commit(): Promise<void> {
    if (this.#hasNothingToEnd()) return
    if ((await this.#connection.send('commit')).command === 'ROLLBACK') throw new AbortedTransactionError()
  }

  async rollback(): Promise<void> {
    if (this.#hasNothingToEnd()) return
    // A connection that cannot roll back is thrown away, and the server rolls back what it held.
    if (!this.#connection.isBroken) await this.#connection.send('rollback').catch(() => {})
  }

  release(): void {
    this.#release(this.#connection.isBroken)
  }

  #hasNothingToEnd(): boolean {
    return this.#opening.length > 0 || this.#transaction === 'committed'
  }

  async #open(): Promise<void> {
    if (this.#opening.length === 0) await this.#opened
    else await this.#withOpening((opening) => this.#connection.send(opening.join('; ')))
  }

  async #send(query: pg.QueryConfig, commits: boolean): Promise<pg.QueryResult> {
    if (this.#opening.length === 0) await this.#opened
    if (this.#opening.length === 0 && !commits) return this.#connection.send(query)
    const after = commits ? ['commit'] : []
    return this.#withOpening((before) => this.#connection.sendWith({ before, after }, query))
  }

  async #sendNamed(query: pg.QueryConfig & { name: string }, commits: boolean): Promise<pg.QueryResult> {
    const { planned } = this.#connection
    // pg takes the first statement that the server has parsed for the named one: BEGIN must not be that.
    if (!planned.has(query.name)) await this.#open()
    const answer = await this.#send(query, commits)
    planned.add(query.name)
    return answer
  }

  /** Whatever comes while the transaction opens waits for it: were that to fail, it would run outside a transaction. */
  #withOpening<Result>(send: (opening: readonly string[]) => Promise<Result>): Promise<Result> {
    const answer = send(this.#opening)
    this.#opening = []
    this.#opened = answer
    return answer
  }
}
