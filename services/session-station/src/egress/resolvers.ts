import { lookup, Resolver } from 'node:dns/promises'

/** Every address of a name, in the order in which they are to be tried. */
export type Resolve = (host: string) => Promise<string[]>

const TIMEOUT_MS = 2000
const TRIES = 2

/** As the machine resolves names for everybody: hosts file, search domains and all. */
export const systemResolver: Resolve = async (host) =>
  (await lookup(host, { all: true, order: 'verbatim' })).map(({ address }) => address)

/** Asks these name servers (`address` or `address:port`) and nothing else. @throws the error of A where AAAA has nothing either. */
export function resolverOf(servers: string[]): Resolve {
  const resolver = new Resolver({ timeout: TIMEOUT_MS, tries: TRIES })
  resolver.setServers(servers)
  return async (host) => {
    const [four, six] = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)])
    const found = [four, six].flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []))
    if (found.length === 0 && four.status === 'rejected') throw four.reason
    return found
  }
}
