import { isIP } from 'node:net'
import { EnvError, listOf } from '@munjigi/env'
import ipaddr from 'ipaddr.js'
import { type Address, isNever } from './address.ts'

/** What an operator opens besides public addresses; without a port, at every port. */
export interface AllowedRange {
  range: [network: Address, prefixLength: number]
  port: number | undefined
}

const BRACKETED = /^\[([^\]]*)\](\/\d+)?(?::(\d+))?$/
const PLAIN = /^([^:]*)(?::(\d+))?$/

/**
 * `EGRESS_ALLOW`: comma-separated addresses or ranges, each with a port or without: `10.0.0.0/8`, `127.0.0.1:9070`, `[fd00::]/8:443`.
 * @throws EnvError with a line for every entry that cannot be used.
 */
export function parseAllowed(text: string): AllowedRange[] {
  const faults: string[] = []
  const ranges = listOf(text).flatMap((entry) => {
    const read = readEntry(entry)
    if (typeof read !== 'string') return [read]
    faults.push(`EGRESS_ALLOW: "${entry}" ${read}`)
    return []
  })
  if (faults.length > 0) throw new EnvError(faults)
  return ranges
}

export const isAllowed = (allow: AllowedRange[], address: Address, port: number): boolean =>
  allow.some(
    ({ range, port: only }) =>
      range[0].kind() === address.kind() && address.match(range) && (only === undefined || only === port),
  )

/** The range, or what is wrong with the entry. */
function readEntry(entry: string): AllowedRange | string {
  const { cidr, port } = partsOf(entry)
  const range = readRange(cidr)
  if (range === undefined) return 'is not an address or a range, such as 10.1.2.3, 10.0.0.0/8:443 or [fd00::]/8:443'
  if (port !== undefined && (port < 1 || port > 65_535)) return 'has a port that is none'
  const network = range[0].kind() === 'ipv4' ? ipaddr.IPv4 : ipaddr.IPv6
  const first = network.networkAddressFromCIDR(cidrOf(range)).toString()
  if (first !== range[0].toString()) return `is wider than it looks: ${first}/${range[1]} is what it says`
  if (isNever(range)) return 'holds metadata or link-local addresses, which are never reached'
  return { range, port }
}

function partsOf(entry: string): { cidr: string; port: number | undefined } {
  const match = BRACKETED.exec(entry)
  if (match !== null) {
    const [, address = '', prefix = '', port] = match
    // In brackets stands IPv6 alone: `[10.0.0.1]` is a slip.
    return { cidr: address.includes(':') ? address + prefix : '', port: numberOf(port) }
  }
  const [, cidr = entry, port] = PLAIN.exec(entry) ?? []
  return { cidr, port: numberOf(port) }
}

const numberOf = (digits: string | undefined) => (digits === undefined ? undefined : Number(digits))

function readRange(cidr: string): AllowedRange['range'] | undefined {
  const [address = '', length, ...rest] = cidr.split('/')
  const version = isIP(address)
  // isIP is strict where ipaddr.js reads 010.1 and 0x7f.1 too; a zone is of one machine's interfaces.
  if (version === 0 || address.includes('%') || rest.length > 0) return undefined
  const whole = version === 4 ? 32 : 128
  if (length !== undefined && (!/^\d{1,3}$/.test(length) || Number(length) > whole)) return undefined
  return [ipaddr.parse(address), length === undefined ? whole : Number(length)]
}

const cidrOf = ([network, length]: AllowedRange['range']) => `${network.toString()}/${length}`
