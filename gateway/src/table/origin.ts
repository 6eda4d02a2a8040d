import { isIP } from 'node:net'
import type { Environment } from '@munjigi/env/variables'

const GATEWAY_PORT = '9050'
const DEFAULT_PORTS: Record<string, string> = { 'http:': '80', 'https:': '443' }

/** Scheme, host and port of an address that has nothing else; undefined for any other text. */
export function originOf(text: string): string | undefined {
  if (!/^https?:\/\/[^\s/?#@\\]+\/?$/i.test(text)) return undefined
  return URL.canParse(text) ? new URL(text).origin : undefined
}

/** Host and port with every name of this machine as one, so that an upstream can be compared with the gateway itself. */
export function doorOf(origin: string): string {
  const { hostname, port, protocol } = new URL(origin)
  const name = hostname.replace(/\.$/, '')
  return `${isOwnMachine(name) ? 'localhost' : name}:${port || DEFAULT_PORTS[protocol]}`
}

function isOwnMachine(hostname: string): boolean {
  if (hostname === 'localhost' || hostname.endsWith('.localhost')) return true
  return (
    ['0.0.0.0', '[::]', '[::1]', '[::ffff:7f00:1]'].includes(hostname) ||
    (isIP(hostname) === 4 && hostname.startsWith('127.'))
  )
}

/** Where the gateway itself answers: an upstream there would be a loop. */
export function ownDoors(env: Environment): ReadonlySet<string> {
  const addresses = [
    env.GATEWAY_URL,
    env.PLATFORM_ISSUER,
    `http://localhost:${env.GATEWAY_PORT || env.PORT || GATEWAY_PORT}`,
  ]
  return new Set(
    addresses
      .filter((address) => address !== undefined && URL.canParse(address))
      .map((address) => doorOf(address as string)),
  )
}
