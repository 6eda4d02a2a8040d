import { isIPv6 } from 'node:net'

const NETWORK_GROUPS = 4
const SITE_GROUPS = 3
const ALL_GROUPS = 8
const FIRST = '[1-9a-f][0-9a-f]{0,3}'
const GROUP = `(?:0|${FIRST})`
/**
 * A fast path for the form in which the system writes nearly every address: four groups in full, the first of them no zero, or
 * fewer before a `::` that covers the fourth.
 */
const PLAIN = new RegExp(`^(${FIRST}(?::${GROUP}){3}):|^(${FIRST}(?::${GROUP}){0,2})::(?:${GROUP}(?::${GROUP}){0,3})?$`)
/** An IPv4 address (RFC 4291 §2.5.5.2), as a URL writes it, which has one spelling for each. */
const MAPPED = /^::ffff:([0-9a-f]+):([0-9a-f]+)$/

/** The network that requests are counted for: an IPv4 address, or the /64 of an IPv6 one, all of whose addresses one caller has. */
export function networkOf(address: string): string {
  if (!address.includes(':')) return address
  const [, whole, start] = PLAIN.exec(address) ?? []
  if (whole !== undefined) return `${whole}::/64`
  if (start !== undefined) return `${`${start}:0:0:0`.split(':', NETWORK_GROUPS).join(':')}::/64`
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '')
  if (!isIPv6(plain)) return plain
  const canonical = new URL(`http://[${plain}]`).hostname.slice(1, -1)
  const [, high, low] = MAPPED.exec(canonical) ?? []
  if (high !== undefined && low !== undefined) return `${dotted(high)}.${dotted(low)}`
  return `${groupsOf(canonical).slice(0, NETWORK_GROUPS).join(':')}::/64`
}

const dotted = (group: string): string => {
  const bits = Number.parseInt(group, 16)
  return `${bits >> 8}.${bits & 255}`
}

/** The /48 of what `networkOf` gives: the most that one site is assigned. An IPv4 address stands for itself. */
export function siteOf(network: string): string {
  if (!network.includes(':')) return network
  return `${network.split(':', SITE_GROUPS).join(':')}::/48`
}

function groupsOf(canonical: string): string[] {
  const groups = canonical.split(':')
  const gap = groups.indexOf('', 1)
  if (gap > 0) groups.splice(gap, 1, ...Array<string>(ALL_GROUPS + 1 - groups.length).fill('0'))
  // Before a gap at the border nothing stands for a zero too.
  return groups.map((group) => group || '0')
}
