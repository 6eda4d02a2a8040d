import { Socket } from 'node:net'
import { deadline } from '@munjigi/deadline'
import pg from 'pg'
import type { Engine, Speaker } from './engine.ts'
import { PostgresConnection } from './postgres-connection.ts'
import { asOutage } from './postgres-outage.ts'
import { PostgresSession } from './postgres-session.ts'
import { postgresTypes } from './values.ts'
import { within } from './within.ts'

// The server stops a slow statement first; the client's own limit is for a server that no longer answers at all.
const CONNECT_LIMIT_MS = 700
// The pool's own limit, which also counts while this process stands still, so it must be far above CONNECT_LIMIT_MS.
const FORGOTTEN_LIMIT_MS = 3_000
// 3 s: rows locked by a frozen process are free again before a lease of 5 s that it holds has ended.
const REQUEST = { statement: 700, answer: 800, idleInTransaction: 3_000 }
const COMMAND = { statement: 60_000, answer: 61_000, idleInTransaction: 60_000 }
const MIGRATION_LOCK_LIMIT_MS = 60_000
const CLOSE_LIMIT_MS = 1_000

const serving = {
  types: postgresTypes,
  keepAlive: true,
  connectionTimeoutMillis: FORGOTTEN_LIMIT_MS,
}

export function postgresEngine(url: string): Engine {
  // pg lets the URL's options win over ours, and ours set the role.
  if (new URL(url).searchParams.has('options')) throw new Error('a database URL may not carry "options"')
  const pools = new Map<string, pg.Pool>()
  const sockets = new Set<Socket>()
  let isClosed = false

  function poolOf(speaker: Speaker | undefined): pg.Pool {
    const options = startOptions(speaker)
    const name = `${options} ${speaker?.isCommand} ${speaker?.isApart}`
    const known = pools.get(name)
    if (known) return known
    const limits = limitsOf(speaker)
    const pool = new pg.Pool({
      ...serving,
      statement_timeout: limits.statement,
      idle_in_transaction_session_timeout: limits.idleInTransaction,
      Client: ServingClient,
      ...(options && { options }),
      connectionString: url,
      stream: () => {
        const socket = new Socket()
        sockets.add(socket)
        return socket.once('close', () => sockets.delete(socket))
      },
    })
    // The statement that meets a lost connection reports it; without a listener the error would end the process.
    pool.on('error', () => {})
    pool.on('connect', (client) => client.on('error', () => {}))
    pools.set(name, pool)
    return pool
  }

  return {
    async acquire(speaker) {
      if (isClosed) throw new Error('the database is closed')
      const client = await freeClient(poolOf(speaker)).catch(asOutage)
      const connection = new PostgresConnection(client, limitsOf(speaker).answer)
      return new PostgresSession(connection, (isBroken) => client.release(isBroken))
    },
    async acquireOwner() {
      const options = `-c lock_timeout=${MIGRATION_LOCK_LIMIT_MS}`
      const client = new pg.Client({
        connectionString: url,
        options,
        types: postgresTypes,
        connectionTimeoutMillis: 5_000,
      })
      await client.connect()
      return new PostgresSession(new PostgresConnection(client, undefined), () => void client.end().catch(() => {}))
    },
    dump: () => Promise.reject(new Error('only PGlite can be dumped')),
    async close() {
      isClosed = true
      // A frozen server never acknowledges the end.
      const cut = setTimeout(() => {
        for (const socket of sockets) socket.destroy()
      }, CLOSE_LIMIT_MS)
      await Promise.all([...pools.values()].map((pool) => pool.end()))
      clearTimeout(cut)
    },
  }
}

/** Start-up settings of the connection itself: no message per statement, and RESET leads back to them. */
function startOptions(speaker: Speaker | undefined): string {
  if (speaker === undefined) return ''
  return `-c role=${speaker.role}${speaker.acrossTenants ? ' -c app.all_tenants=on' : ''}`
}

const limitsOf = (speaker: Speaker | undefined) => (speaker?.isCommand ? COMMAND : REQUEST)

class ServingClient extends pg.Client {
  constructor(config?: pg.ClientConfig) {
    super(config)
    const callOff = deadline(CONNECT_LIMIT_MS, () => this.connection.stream.destroy())
    this.once('connect', callOff).once('end', callOff)
  }
}

async function freeClient(pool: pg.Pool): Promise<pg.PoolClient> {
  const client = pool.connect()
  return within(CONNECT_LIMIT_MS, client).catch((error) => {
    // It may still come after nobody waits for it any more.
    client.then(
      (late) => late.release(),
      () => {},
    )
    throw error
  })
}
