import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'

export type Address = ReturnType<typeof ipaddr.parse>

/**
 * Where clouds hand out a machine's own credentials, link-local as a whole: AWS, Azure, Google, OpenStack and most others,
 * then those outside it: Alibaba, Azure, Oracle, AWS by IPv6, Google by IPv6, Scaleway by IPv6.
 */
const NEVER = [
  '169.254.0.0/16',
  'fe80::/10',
  '100.100.100.200/32',
  '168.63.129.16/32',
  '192.0.0.192/32',
  'fd00:ec2::/32',
  'fd20:ce::254/128',
  'fd00:42::42/128',
].map((cidr) => ipaddr.parseCIDR(cidr))

/** RFC 4291 §2.4: all that is handed out as global unicast; what ipaddr.js does not know lies outside it. */
const GLOBAL_UNICAST = ipaddr.parseCIDR('2000::/3')

/** Undefined where the text is no address, or one with a zone. */
export const readAddress = (text: string): Address | undefined =>
  isIP(text) === 0 || text.includes('%') ? undefined : ipaddr.parse(text)

/** Mapped (RFC 4291 §2.5.5.2), NAT64, 6to4, Teredo and their like are not public: they lead to an IPv4 address hidden in them. */
export const isPublic = (address: Address): boolean =>
  address.range() === 'unicast' && (address.kind() === 'ipv4' || address.match(GLOBAL_UNICAST)) && !isMetadata(address)

/** Of the address, and of an IPv4 address hidden in it: an operator may have opened a NAT64 prefix. */
export const isMetadata = (address: Address): boolean =>
  [address, ...hiddenIn(address)].some((one) =>
    NEVER.some((never) => isWithin([one, one.kind() === 'ipv4' ? 32 : 128], never)),
  )

/** Whether a range has nothing in it but what is never reached. */
export const isNever = (range: [Address, number]): boolean => NEVER.some((never) => isWithin(range, never))

const isWithin = ([address, length]: [Address, number], outer: [Address, number]) =>
  address.kind() === outer[0].kind() && length >= outer[1] && address.match(outer)

function hiddenIn(address: Address): Address[] {
  if (address.kind() === 'ipv4' || address.range() === 'unicast') return []
  const bytes = address.toByteArray()
  // RFC 6052 §2.2 with 96 bits, and RFC 3056 §2.
  return [bytes.slice(12), bytes.slice(2, 6)].map((four) => ipaddr.fromByteArray(four))
}
