import { chmodSync, mkdirSync } from 'node:fs'
import { PGlite } from '@electric-sql/pglite'
import { queue, Turns } from '@munjigi/turns'
import { AbortedTransactionError } from 'kysely'
import type { Engine, Session, Speaker, Statement } from './engine.ts'
import { lockFolder } from './folder-lock.ts'
import { parsers } from './values.ts'

const TURN_LIMIT_MS = 5_000
const CLOSE_LIMIT_MS = 1_000

export function pgliteEngine(dataDir: string | undefined, dump: Blob | undefined): Engine {
  const unlock = dataDir ? lockFolder(dataDir) : () => {}
  if (dataDir) makePrivate(dataDir)
  const pglite = new PGlite({ parsers, ...(dataDir && { dataDir }), ...(dump && { loadDataDir: dump }) })
  // Each use awaits it again and gets the error there.
  pglite.waitReady.catch(() => {})
  const turns = new Turns<void>(1, queue())
  // A statement that waits behind its own transaction is an error and not a hang.
  const take = (ms: number) => turns.take(undefined, { ms, refusal: notFree })

  async function acquire(speaker?: Speaker) {
    await pglite.waitReady
    return pgliteSession(pglite, speaker, await take(TURN_LIMIT_MS))
  }

  return {
    acquire,
    acquireOwner: () => acquire(),
    async dump() {
      await pglite.waitReady
      const pass = await take(TURN_LIMIT_MS)
      return pglite.dumpDataDir('none').finally(pass)
    },
    async close() {
      await pglite.waitReady
      // A transaction under way may finish; one that does not is rolled back.
      const pass = await take(CLOSE_LIMIT_MS).catch(() => () => {})
      await pglite.close().finally(pass).finally(unlock)
    },
  }
}

const notFree = () =>
  new Error('the one connection was not free in time: does a transaction wait for a statement outside it?')

/** PGlite writes its files for everybody: like PostgreSQL's, their folder must let nobody else in. */
function makePrivate(folder: string): void {
  mkdirSync(folder, { recursive: true })
  chmodSync(folder, 0o700)
}

function pgliteSession(pglite: PGlite, speaker: Speaker | undefined, release: () => void): Session {
  let isInTransaction = false
  let isOver = false
  // The one connection is a superuser's: every transaction, that of a single statement too, takes the role first.
  const asSpeaker = speaker === undefined ? [] : settingsOf(speaker)

  const session: Session = {
    run: async (text) => void (await pglite.exec(text).catch(withoutValues)),
    async query(statement) {
      const { text, parameters = [], commits } = statement
      if (isOver || (commits && !isInTransaction)) throw new Error('there is no transaction')
      if (speaker !== undefined && !isInTransaction) return single(statement)
      if (commits) return last(statement)
      const { rows, affectedRows, command } = await pglite.query(text, [...parameters]).catch(withoutValues)
      return { rows, affected: command === 'SELECT' ? undefined : BigInt(affectedRows ?? 0) }
    },
    async begin(mode, settings) {
      isInTransaction = true
      try {
        await session.run([`begin ${mode}`, ...asSpeaker, ...settings].join('; '))
      } catch (error) {
        await session.rollback()
        throw error
      }
    },
    async commit() {
      if (!isOver) await end()
    },
    async rollback() {
      if (isOver) return
      await session.run('rollback')
      isInTransaction = false
    },
    release,
  }

  async function last(statement: Statement) {
    const answer = session.query({ ...statement, commits: false })
    isOver = true
    try {
      const given = await answer
      await end()
      return given
    } catch (error) {
      isOver = false
      throw error
    }
  }

  async function end() {
    const [answer] = await pglite.exec('commit').catch(withoutValues)
    isInTransaction = false
    if (answer?.command === 'ROLLBACK') throw new AbortedTransactionError()
  }

  async function single(statement: Statement) {
    await session.begin('', [])
    try {
      const answer = await session.query(statement)
      await session.commit()
      return answer
    } catch (error) {
      await session.rollback()
      throw error
    }
  }

  return session
}

const settingsOf = ({ role, acrossTenants }: Speaker): string[] => [
  `set local role "${role}"`,
  ...(acrossTenants ? ["set local app.all_tenants = 'on'"] : []),
]

/** PGlite hangs the statement's parameters on its errors, from where they would reach the log. */
function withoutValues(error: unknown): never {
  if (error instanceof Error) {
    for (const name of ['params', 'query', 'queryOptions']) Reflect.deleteProperty(error, name)
  }
  throw error
}
