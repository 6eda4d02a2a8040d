import { lookup, Resolver } from 'node:dns/promises'

/** Every address of a name, in the order in which they are to be tried. */
export type Resolve = (host: string) => Promise<string[]>

const TIMEOUT_MS = 2000
const TRIES = 2
const NO_SUCH_NAME = ['ENOTFOUND', 'ENODATA', 'EAI_NODATA', 'EAI_NONAME', 'EBADNAME']

/** As the machine resolves names for everybody: hosts file, search domains and all. */
export const systemResolver: Resolve = async (host) =>
  (await lookup(host, { all: true, order: 'verbatim' })).map(({ address }) => address)

/**
 * Asks these name servers (`address` or `address:port`) and nothing else; empty where there is no such name.
 * @throws the name server's failure where neither kind of address is known for sure.
 */
export function resolverOf(servers: string[]): Resolve {
  const resolver = new Resolver({ timeout: TIMEOUT_MS, tries: TRIES })
  resolver.setServers(servers)
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
