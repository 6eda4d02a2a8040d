import { BlockList, isIP } from 'node:net'

const PRIVATE_NAME = /^[^.]+$|\.(localhost|local|internal|svc|home\.arpa)$/

const privateAddresses = new BlockList()
for (const [address, prefix] of [
  ['127.0.0.0', 8],
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
] as const)
  privateAddresses.addSubnet(address, prefix, 'ipv4')
privateAddresses.addAddress('::1', 'ipv6')
privateAddresses.addSubnet('fc00::', 7, 'ipv6')

/**
 * The one spelling of an http or https address: case of scheme and host, default port, the host's trailing dot, dot segments,
 * percent-encoding. Undefined for what has userinfo or a fragment, or what readers of URLs read differently.
 */
export function normalAddress(text: string): string | undefined {
  const [, authority] = /^https?:\/\/([^/?#]+)/i.exec(text) ?? []
  // WHATWG URL drops tabs and line breaks, takes "\" for "/" and a "%" that encodes nothing for itself; other clients do not.
  if (authority === undefined || authority.includes('@') || /[\s\\#\p{Cc}]|%(?![0-9a-f]{2})/iu.test(text))
    return undefined
  const decoded = text.replace(/%[0-9a-f]{2}/gi, decodedIfUnreserved)
  if (!URL.canParse(decoded)) return undefined
  const { protocol, hostname, port, pathname, search } = new URL(decoded)
  const name = hostname.replace(/\.$/, '')
  if (name.split('.').includes('')) return undefined
  return `${protocol}//${name}${port && `:${port}`}${pathname}${search}`
}

/** RFC 3986 §6.2.2: an encoded unreserved character is that character, other encodings are written in upper case. */
function decodedIfUnreserved(encoded: string): string {
  const character = String.fromCharCode(Number.parseInt(encoded.slice(1), 16))
  return /[A-Za-z0-9._~-]/.test(character) ? character : encoded.toUpperCase()
}

/** Whether what is sent there stays between us and it: https anywhere, plain http on this machine and in private networks. */
export function isConfidential(address: string): boolean {
  const { protocol, hostname } = new URL(address)
  if (protocol === 'https:') return true
  const name = hostname.replace(/^\[|\]$|\.$/g, '')
  const family = isIP(name)
  if (family === 0) return PRIVATE_NAME.test(name)
  return privateAddresses.check(name, family === 6 ? 'ipv6' : 'ipv4')
}
