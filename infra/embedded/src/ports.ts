import { randomInt } from 'node:crypto'
import { type AddressInfo, createServer, type Server } from 'node:net'
import type { Ports } from './env.ts'

const LOOPBACK = '127.0.0.1'
/** Below what systems give to whoever connects or asks for any: those would soon be somebody else's. */
const [LOWEST_FOUND, HIGHEST_FOUND] = [20_000, 32_000]

/** @throws Error naming every port that is taken, with the variable that moves it. */
export async function requireFree(ports: Ports): Promise<void> {
  const tried = await Promise.all(
    Object.entries(ports).map(async ([variable, port]) => ({ variable, port, server: await tryListen(port) })),
  )
  await Promise.all(tried.map(({ server }) => closed(server)))
  const taken = tried.filter(({ server }) => server === undefined)
  if (taken.length === 0) return
  const lines = taken.map(
    ({ port, variable }) => `port ${port} is taken: free it, or set MUNJIGI_${variable} to another`,
  )
  throw new Error(lines.join('\nmunjigi: '))
}

/** Ports that nobody uses at this moment, for a house that stands for a while only. */
export async function findFree<Name extends string>(names: readonly Name[]): Promise<Record<Name, number>> {
  const servers = await Promise.all(names.map(listenSomewhere))
  const ports = servers.map((server) => (server.address() as AddressInfo).port)
  await Promise.all(servers.map(closed))
  return Object.fromEntries(names.map((name, index) => [name, ports[index]])) as Record<Name, number>
}

async function listenSomewhere(): Promise<Server> {
  const server = await tryListen(randomInt(LOWEST_FOUND, HIGHEST_FOUND))
  return server ?? listenSomewhere()
}

async function tryListen(port: number): Promise<Server | undefined> {
  const server = createServer()
  const { promise, resolve, reject } = Promise.withResolvers<Server | undefined>()
  server.once('listening', () => resolve(server))
  server.once('error', (error: NodeJS.ErrnoException) =>
    error.code === 'EADDRINUSE' ? resolve(undefined) : reject(error),
  )
  server.listen(port, LOOPBACK)
  return promise
}

const closed = (server: Server | undefined): Promise<unknown> | undefined =>
  server && new Promise((resolve) => server.close(resolve))
