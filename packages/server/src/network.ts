import { isIPv6 } from 'node:net'

const NETWORK_GROUPS = 4
const SITE_GROUPS = 3
const ALL_GROUPS = 8
const GROUP = '(?:0|[1-9a-f][0-9a-f]{0,3})'
/**
 * A fast path for the form in which the system writes nearly every address: four groups in full, or fewer before a `::` that
 * covers the fourth.
 */
const PLAIN = new RegExp(`^(${GROUP}(?::${GROUP}){3}):|^(${GROUP}(?::${GROUP}){0,2})::(?:${GROUP}(?::${GROUP}){0,3})?$`)
const DOTTED_END = /[\d.]+\.\d+$/

/** The network that requests are counted for: an IPv4 address, or the /64 of an IPv6 one, all of whose addresses one caller has. */
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

/** The /48 of what `networkOf` gives: the most that one site is assigned. An IPv4 address stands for itself. */
export function siteOf(network: string): string {
  if (!network.includes(':')) return network
  return `${network.split(':', SITE_GROUPS).join(':')}::/48`
}

function groupsOf(text: string): string[] {
  // A dotted end is the last 32 bits, whose value makes no difference here.
  const groups = (text.includes('.') ? text.replace(DOTTED_END, '0:0') : text).split(':')
  const gap = groups.indexOf('', 1)
  if (gap > 0) groups.splice(gap, 1, ...Array<string>(ALL_GROUPS + 1 - groups.length).fill('0'))
  return groups
}

/** An empty group, as before or after a `::` at either end, is zero too. */
const withoutZeros = (group: string): string => group.replace(/^0+/, '') || '0'
