import { AbortedTransactionError } from 'kysely'
import pg from 'pg'
import type { Session } from './engine.ts'
import { openingQuery } from './opening-query.ts'
import { within } from './within.ts'

/** The statements that a connection has planned already, by name. */
const planned = new WeakMap<pg.ClientBase, Set<string>>()

/** Its transactions open with their first statement. */
export function postgresSession(
  client: pg.ClientBase,
  answerLimit: number | undefined,
  release: (isBroken: boolean) => void,
): Session {
  const known = planned.get(client) ?? new Set<string>()
  planned.set(client, known)
  // After anything but an answer from the server the connection may still be busy with the old statement.
  let isBroken = false
  let opening: string[] = []

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

  function sendOpened(query: pg.QueryConfig): Promise<pg.QueryResult> {
    if (opening.length === 0) return send(query)
    const [whole, answer] = openingQuery(opening, query)
    opening = []
    client.query(whole)
    return answered(answer)
  }

  async function open(): Promise<void> {
    if (opening.length === 0) return
    const text = opening.join('; ')
    opening = []
    await send(text)
  }

  return {
    async run(text) {
      await open()
      await send(text)
    },
    async query(text, parameters, name) {
      // Without the mode what has no parameters goes by a protocol that takes further statements behind a semicolon.
      const single = { text, values: [...parameters], queryMode: 'extended', ...(name !== undefined && { name }) }
      // pg takes the first statement of a message that is parsed for the named one.
      if (name !== undefined && !known.has(name)) await open()
      const { rows, rowCount, command } = await sendOpened(single)
      if (name !== undefined) known.add(name)
      return { rows, affected: command === 'SELECT' ? undefined : BigInt(rowCount ?? 0) }
    },
    async begin(mode, settings) {
      opening = [`begin ${mode}`, ...settings]
    },
    async commit() {
      // Nothing was said.
      if (opening.length > 0) return
      if ((await send('commit')).command === 'ROLLBACK') throw new AbortedTransactionError()
    },
    async rollback() {
      // A connection that cannot roll back is thrown away, and the server rolls back what it held.
      if (opening.length === 0 && !isBroken) await send('rollback').catch(() => {})
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
