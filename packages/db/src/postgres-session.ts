import { AbortedTransactionError } from 'kysely'
import pg from 'pg'
import type { Session } from './engine.ts'
import { transactionQuery } from './transaction-query.ts'
import { within } from './within.ts'

/** The statements that a connection has planned already, by name. */
const planned = new WeakMap<pg.ClientBase, Set<string>>()

/** Its transactions open with their first statement, and end with the last where that says so. */
export function postgresSession(
  client: pg.ClientBase,
  answerLimit: number | undefined,
  release: (isBroken: boolean) => void,
): Session {
  const known = planned.get(client) ?? new Set<string>()
  planned.set(client, known)
  // After anything but an answer from the server the connection may still be busy with the old statement.
  let isBroken = false
  let transaction: 'none' | 'open' | 'committed' = 'none'
  let opening: readonly string[] = []
  let opened: Promise<unknown> = Promise.resolve()

  async function answered(answer: Promise<pg.QueryResult>): Promise<pg.QueryResult> {
    try {
      return await (answerLimit === undefined ? answer : within(answerLimit, answer))
    } catch (error) {
      isBroken ||= !(error instanceof pg.DatabaseError) || error.code === OUTDATED_PLAN
      if (isOutage(error)) asOutage(error)
      throw error
    }
  }
  const send = (query: string | pg.QueryConfig) => answered(client.query(query))

  /** What else comes while the transaction opens waits: it would run outside of one that cannot be opened. */
  function beginning<Answer>(work: (opening: readonly string[]) => Promise<Answer>): Promise<Answer> {
    const answer = work(opening)
    opening = []
    opened = answer
    return answer
  }

  function notCommitted(error: unknown): never {
    if (transaction === 'committed') transaction = 'open'
    throw error
  }

  async function open(): Promise<void> {
    await (opening.length > 0 ? beginning((texts) => send(texts.join('; '))) : opened)
  }

  async function sendWhole(query: pg.QueryConfig, commits: boolean): Promise<pg.QueryResult> {
    if (opening.length === 0) await opened
    if (opening.length === 0 && !commits) return send(query)
    return beginning((before) => {
      const [whole, answer] = transactionQuery({ before, after: commits ? ['commit'] : [] }, query)
      client.query(whole)
      return answered(answer)
    })
  }

  async function sendNamed(query: pg.QueryConfig & { name: string }, commits: boolean): Promise<pg.QueryResult> {
    // pg takes the first statement of a message that is parsed for the named one.
    if (!known.has(query.name)) await open()
    const answer = await sendWhole(query, commits)
    known.add(query.name)
    return answer
  }

  return {
    async run(text) {
      await open()
      await send(text)
    },
    async query({ text, parameters = [], name, commits = false }) {
      if (transaction === 'committed' || (commits && transaction === 'none')) throw new Error('there is no transaction')
      // Without the mode what has no parameters goes by a protocol that takes further statements behind a semicolon.
      const single = { text, values: [...parameters], queryMode: 'extended' }
      if (commits) transaction = 'committed'
      const answer = name === undefined ? sendWhole(single, commits) : sendNamed({ ...single, name }, commits)
      const { rows, rowCount, command } = await answer.catch(notCommitted)
      return { rows, affected: command === 'SELECT' ? undefined : BigInt(rowCount ?? 0) }
    },
    async begin(mode, settings) {
      transaction = 'open'
      opening = [`begin ${mode}`, ...settings]
    },
    async commit() {
      // Nothing was said, or everything.
      if (opening.length > 0 || transaction === 'committed') return
      if ((await send('commit')).command === 'ROLLBACK') throw new AbortedTransactionError()
    },
    async rollback() {
      if (opening.length > 0 || transaction === 'committed') return
      // A connection that cannot roll back is thrown away, and the server rolls back what it held.
      if (!isBroken) await send('rollback').catch(() => {})
    },
    release: () => release(isBroken),
  }
}

/** A migration gave a statement another answer: the connection that had planned it never runs it again. */
const OUTDATED_PLAN = '0A000'
/** Connection lost (08), out of resources (53), stopped by an operator or the time limit (57), read-only (25006). */
const OUTAGE = new RegExp(`^(08|53|57)|^25006$|^${OUTDATED_PLAN}$`)

function isOutage(error: unknown): boolean {
  if (error instanceof pg.DatabaseError) return OUTAGE.test(error.code ?? '')
  // A value that JavaScript cannot hold.
  return !(error instanceof RangeError)
}

/** The database's failure and not the caller's: `statusCode` says so to whoever answers. */
export function asOutage(error: unknown): never {
  throw error instanceof Error ? Object.assign(error, { statusCode: 503 }) : error
}
