import { lookup, Resolver } from 'node:dns/promises'

/** Every address of a name, in the order in which they are to be tried. */
export type Resolve = (host: string) => Promise<string[]>

const TIMEOUT_MS = 2000
const TRIES = 2
/** Who waited for longer has left. */
const TURN_MS = 5000
const NO_SUCH_NAME = ['ENOTFOUND', 'ENODATA', 'EAI_NODATA', 'EAI_NONAME', 'EBADNAME']

/**
 * As the machine resolves names, its hosts file and search domains included. What a name server knows comes without a thread:
 * getaddrinfo waits in one, there are two, and names whose servers never answer would hold up the database's as well.
 */
export function systemResolver(ask: Resolve = resolverOf()): Resolve {
  let last: Promise<unknown> = Promise.resolve()
  const lookUpInTurn = (host: string) => {
    const since = Date.now()
    const mine = last.then(() => (Date.now() - since > TURN_MS ? [] : lookUp(host)))
    last = mine.catch(() => {})
    return mine
  }
  return async (host) => {
    const found = host.includes('.') ? await ask(host) : []
    return found.length > 0 ? found : lookUpInTurn(host)
  }
}

const lookUp: Resolve = async (host) =>
  (await lookup(host, { all: true, order: 'verbatim' })).map(({ address }) => address)

/**
 * Asks these name servers (`address` or `address:port`), by default the machine's; empty where there is no such name.
 * @throws the name server's failure where neither kind of address is known for sure.
 */
export function resolverOf(servers?: string[]): Resolve {
  const resolver = new Resolver({ timeout: TIMEOUT_MS, tries: TRIES })
  if (servers !== undefined) resolver.setServers(servers)
  return async (host) => {
    const answers = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)])
    const found = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []))
    const failure = answers.find((answer) => answer.status === 'rejected' && !isNoSuchName(answer.reason))
    if (found.length === 0 && failure?.status === 'rejected') throw failure.reason
    return found
  }
}

/** Known for sure: the name, or this kind of address of it, is not there. */
export const isNoSuchName = (error: unknown): boolean =>
  NO_SUCH_NAME.includes(String((error as NodeJS.ErrnoException).code))
