import type { PGlite } from '@electric-sql/pglite'
import { AbortedTransactionError } from 'kysely'
import type { Answer, Session, Speaker, Statement } from './engine.ts'
import { assertTakesStatement, type TransactionState } from './transaction-state.ts'
import { withoutValues } from './without-values.ts'

/** A turn at the one connection, which is a superuser's: every transaction, that of a single statement too, takes the role first. */
export class PgliteSession implements Session {
  readonly #pglite: PGlite
  readonly #speaker: Speaker | undefined
  readonly #endTurn: () => void
  #transaction: TransactionState = 'none'

  constructor(pglite: PGlite, speaker: Speaker | undefined, endTurn: () => void) {
    this.#pglite = pglite
    this.#speaker = speaker
    this.#endTurn = endTurn
  }

  async run(text: string): Promise<void> {
    await this.#pglite.exec(text).catch(withoutValues)
  }

  async query(statement: Statement): Promise<Answer> {
    const { commits = false } = statement
    assertTakesStatement(this.#transaction, commits)
    if (this.#speaker !== undefined && this.#transaction === 'none') return this.#runAlone(statement)
    return commits ? this.#runLast(statement) : this.#send(statement)
  }

  async begin(mode: string, settings: readonly string[]): Promise<void> {
    this.#transaction = 'open'
    try {
      await this.run([`begin ${mode}`, ...settingsOf(this.#speaker), ...settings].join('; '))
    } catch (error) {
      await this.rollback()
      throw error
    }
  }

  async commit(): Promise<void> {
    if (this.#transaction === 'committed') return
    await this.#sendCommit()
    this.#transaction = 'none'
  }

  async rollback(): Promise<void> {
    if (this.#transaction === 'committed') return
    await this.run('rollback')
    this.#transaction = 'none'
  }

  release(): void {
    this.#endTurn()
  }

  async #send({ text, parameters = [] }: Statement): Promise<Answer> {
    const { rows, affectedRows, command } = await this.#pglite.query(text, [...parameters]).catch(withoutValues)
    return { rows, affected: command === 'SELECT' ? undefined : BigInt(affectedRows ?? 0) }
  }

  async #sendCommit(): Promise<void> {
    const [answer] = await this.#pglite.exec('commit').catch(withoutValues)
    if (answer?.command === 'ROLLBACK') throw new AbortedTransactionError()
  }

  async #runAlone(statement: Statement): Promise<Answer> {
    await this.begin('', [])
    try {
      const answer = await this.#send(statement)
      await this.commit()
      return answer
    } catch (error) {
      await this.rollback()
      throw error
    }
  }

  async #runLast(statement: Statement): Promise<Answer> {
    this.#transaction = 'committed'
    try {
      const answer = await this.#send(statement)
      await this.#sendCommit()
      return answer
    } catch (error) {
      this.#transaction = 'open'
      throw error
    }
  }
}

function settingsOf(speaker: Speaker | undefined): string[] {
  if (speaker === undefined) return []
  const acrossTenants = speaker.acrossTenants ? ["set local app.all_tenants = 'on'"] : []
  return [`set local role "${speaker.role}"`, ...acrossTenants]
}
