import { isIPv6 } from 'node:net'

const NETWORK_GROUPS = 4
const SITE_GROUPS = 3
const ALL_GROUPS = 8
const GROUP = '(?:0|[1-9a-f][0-9a-f]{0,3})'
/** As the system writes nearly every address, read at a tenth of the cost: four whole groups, or fewer before a gap that reaches beyond the fourth. */
const PLAIN = new RegExp(`^(${GROUP}(?::${GROUP}){3}):|^(${GROUP}(?::${GROUP}){0,2})::(?:${GROUP}(?::${GROUP}){0,3})?$`)
const DOTTED_END = /[\d.]+\.\d+$/

/** Whom requests are counted for: the address, of IPv6 the /64, in which whoever has one address has them all. */
export function networkOf(address: string): string {
  if (!address.includes(':')) return address
  const [, whole, start] = PLAIN.exec(address) ?? []
  if (whole !== undefined) return `${whole}::/64`
  if (start !== undefined) return `${`${start}:0:0:0`.split(':', NETWORK_GROUPS).join(':')}::/64`
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '')
  if (!isIPv6(plain)) return plain
  const groups = groupsOf(plain.toLowerCase()).slice(0, NETWORK_GROUPS)
  return `${groups.map(withoutZeros).join(':')}::/64`
}

/** Of networkOf: the /48 it lies in, which is what one site is given at most; an IPv4 address stands for itself. */
export function siteOf(network: string): string {
  if (!network.includes(':')) return network
  return `${network.split(':', SITE_GROUPS).join(':')}::/48`
}

function groupsOf(text: string): string[] {
  // What is written as IPv4 are the last 32 bits, and which they are makes no difference here.
  const groups = (text.includes('.') ? text.replace(DOTTED_END, '0:0') : text).split(':')
  const gap = groups.indexOf('', 1)
  if (gap > 0) groups.splice(gap, 1, ...Array<string>(ALL_GROUPS + 1 - groups.length).fill('0'))
  return groups
}

/** Nothing, as it stands before or behind a gap at the border, is a zero too. */
const withoutZeros = (group: string): string => group.replace(/^0+/, '') || '0'
