import { isIPv6 } from 'node:net'

/** Four groups that stand there whole, as the system writes them: nearly every address, at a tenth of the cost. */
const PLAIN_NETWORK = /^(?:(?:0|[1-9a-f][0-9a-f]{0,3}):){3}(?:0|[1-9a-f][0-9a-f]{0,3})(?=:)/
const DOTTED_END = /[\d.]+\.\d+$/
const NETWORK_GROUPS = 4
const SITE_GROUPS = 3
const ALL_GROUPS = 8

/** Whom requests are counted for: the address, of IPv6 the /64, in which whoever has one address has them all. */
export function networkOf(address: string): string {
  if (!address.includes(':')) return address
  const [network] = PLAIN_NETWORK.exec(address) ?? []
  if (network !== undefined) return `${network}::/64`
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '')
  if (!isIPv6(plain)) return plain
  // What is written as IPv4 are the last 32 bits, and which they are makes no difference here.
  const [head = '', tail] = plain.toLowerCase().replace(DOTTED_END, '0:0').split('::')
  const [before, after] = [groupsOf(head), groupsOf(tail ?? '')]
  const zeros = tail === undefined ? 0 : ALL_GROUPS - before.length - after.length
  const groups = [...before, ...Array<string>(zeros).fill('0'), ...after].slice(0, NETWORK_GROUPS)
  return `${groups.map(withoutZeros).join(':')}::/64`
}

/** Of networkOf: the /48 it lies in, which is what one site is given at most; an IPv4 address stands for itself. */
export function siteOf(network: string): string {
  if (!network.includes(':')) return network
  return `${network.split(':', SITE_GROUPS).join(':')}::/48`
}

const groupsOf = (text: string): string[] => (text === '' ? [] : text.split(':'))

const withoutZeros = (group: string): string => group.replace(/^0+(?=.)/, '')
