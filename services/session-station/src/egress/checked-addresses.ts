import { isIP } from 'node:net'
import { isMetadata, isPublic, readAddress } from './address.ts'
import { type AllowedRange, isAllowed } from './allowed-ranges.ts'
import { EgressError } from './egress.ts'
import { isNoSuchName, type Resolve } from './resolvers.ts'

const LOOKUP_TIMEOUT_MS = 5000

/** Those of a host, in the order in which they are to be tried, each of them allowed. @throws EgressError */
export async function checkedAddresses(
  hostname: string,
  port: number,
  { allow, resolve }: { allow: AllowedRange[]; resolve: Resolve },
): Promise<string[]> {
  const addresses = isIP(hostname) === 0 ? await lookUp(hostname, resolve) : [hostname]
  // One bad address refuses the name: what mixes them is not meant well.
  const areReachable = addresses.every((address) => isReachable(address, port, allow))
  if (addresses.length === 0 || !areReachable) throw notAllowed()
  return addresses
}

function isReachable(text: string, port: number, allow: AllowedRange[]): boolean {
  const address = readAddress(text)
  if (address === undefined || isMetadata(address)) return false
  return isPublic(address) || isAllowed(allow, address, port)
}

async function lookUp(host: string, resolve: Resolve): Promise<string[]> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(new Error('no name server has answered')), LOOKUP_TIMEOUT_MS)
  try {
    return await Promise.race([resolve(host), late.promise])
  } catch (error) {
    if (isNoSuchName(error)) throw notAllowed(error)
    throw new EgressError('connection', 'the name of this host could not be looked up', {
      wasSent: false,
      cause: error,
    })
  } finally {
    clearTimeout(timer)
  }
}

/** The same for a name that is not there: nobody learns from us which inner names exist. */
const notAllowed = (cause?: unknown) =>
  new EgressError('address', 'this host has no address, or one that is not allowed', { wasSent: false, cause })
