import pg from 'pg'
import { asOutage, isOutage, OUTDATED_PLAN } from './postgres-outage.ts'
import { type Around, transactionQuery } from './transaction-query.ts'
import { within } from './within.ts'
import { withoutValues } from './without-values.ts'

const planned = new WeakMap<pg.ClientBase, Set<string>>()

/** A client whose answers come within `limitMs`, where there is a limit, and whose failures are marked as outages where they are. */
export class PostgresConnection {
  /** The names of the statements that this connection has planned already. */
  readonly planned: Set<string>
  readonly #client: pg.ClientBase
  readonly #limitMs: number | undefined
  #isBroken = false

  constructor(client: pg.ClientBase, limitMs: number | undefined) {
    this.#client = client
    this.#limitMs = limitMs
    this.planned = planned.get(client) ?? new Set()
    planned.set(client, this.planned)
  }

  /** Whether it may still be busy with an old statement, or holds a plan that has become wrong: nobody may have it next. */
  get isBroken(): boolean {
    return this.#isBroken
  }

  send(query: string | pg.QueryConfig): Promise<pg.QueryResult> {
    return this.#answered(this.#client.query(query))
  }

  sendWith(around: Around, query: pg.QueryConfig): Promise<pg.QueryResult> {
    const [whole, answer] = transactionQuery(around, query)
    this.#client.query(whole)
    return this.#answered(answer)
  }

  async #answered(answer: Promise<pg.QueryResult>): Promise<pg.QueryResult> {
    try {
      return await (this.#limitMs === undefined ? answer : within(this.#limitMs, answer))
    } catch (error) {
      this.#isBroken ||= !(error instanceof pg.DatabaseError) || error.code === OUTDATED_PLAN
      if (isOutage(error)) asOutage(error)
      withoutValues(error)
    }
  }
}
