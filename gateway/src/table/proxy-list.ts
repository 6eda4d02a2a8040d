import { BlockList, isIP } from 'node:net'

interface AddressRange {
  readonly address: string
  readonly prefix: number
  readonly family: 'ipv4' | 'ipv6'
}

/** An address or a CIDR; undefined for any other text. */
export function addressRange(text: string): AddressRange | undefined {
  const [address = '', prefixText, ...rest] = text.split('/')
  const bits = { 0: 0, 4: 32, 6: 128 }[isIP(address)] ?? 0
  const prefix = prefixText === undefined ? bits : Number(/^\d{1,3}$/.test(prefixText) ? prefixText : Number.NaN)
  if (bits === 0 || rest.length > 0 || !(prefix <= bits)) return undefined
  return { address, prefix, family: bits === 32 ? 'ipv4' : 'ipv6' }
}

/** Addresses of proxies in front; an IPv4 address written as IPv6 is the same address. */
export function proxyList(texts: readonly string[]): BlockList {
  const list = new BlockList()
  for (const text of texts) {
    const range = addressRange(text)
    if (range !== undefined) list.addSubnet(range.address, range.prefix, range.family)
  }
  return list
}
