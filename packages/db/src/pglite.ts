import { chmodSync, mkdirSync } from 'node:fs'
import { PGlite } from '@electric-sql/pglite'
import { queue, Turns } from '@munjigi/turns'
import type { Engine, Speaker } from './engine.ts'
import { lockFolder } from './folder-lock.ts'
import { PgliteSession } from './pglite-session.ts'
import { parsers } from './values.ts'

const TURN_LIMIT_MS = 5_000
const CLOSE_LIMIT_MS = 1_000

export function pgliteEngine(dataDir: string | undefined, dump: Blob | undefined): Engine {
  const unlock = dataDir ? lockFolder(dataDir) : () => {}
  if (dataDir) makePrivate(dataDir)
  const pglite = new PGlite({ parsers, ...(dataDir && { dataDir }), ...(dump && { loadDataDir: dump }) })
  // Every use awaits it again and meets the error there.
  pglite.waitReady.catch(() => {})
  const turns = new Turns<void>(1, queue())
  // A statement that waits for the very transaction that waits for it fails, where it would hang.
  const take = (ms: number) => turns.take(undefined, { ms, refusal: notFree })

  async function acquire(speaker?: Speaker) {
    await pglite.waitReady
    return new PgliteSession(pglite, speaker, await take(TURN_LIMIT_MS))
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
