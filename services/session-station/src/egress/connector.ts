import type { Socket } from 'node:net'
import { isIP } from 'node:net'
import { buildConnector } from 'undici'
import type { AllowedRange } from './allowed-ranges.ts'
import { checkedAddresses } from './checked-addresses.ts'
import { EgressError } from './egress.ts'
import type { Resolve } from './resolvers.ts'

/** To one address, the handshake of TLS included. */
const CONNECT_TIMEOUT_MS = 5000
const ADDRESSES_TRIED = 4
const DEFAULT_PORTS: Record<string, number> = { 'http:': 80, 'https:': 443 }
const TLS_FAILURE = /CERT|SIGNATURE|^ERR_TLS|^ERR_SSL|^EPROTO$/

const connect = buildConnector({ timeout: CONNECT_TIMEOUT_MS, allowH2: false })

/** Resolves a name once, checks every address of it, and connects to one that was checked. */
export function checkedConnector(rules: { allow: AllowedRange[]; resolve: Resolve }): buildConnector.connector {
  async function open(options: buildConnector.Options): Promise<Socket> {
    const { hostname, protocol } = options
    const port = options.port === '' ? DEFAULT_PORTS[protocol] : Number(options.port)
    const addresses = await checkedAddresses(hostname, port ?? 0, rules)
    return connectToFirst(addresses.slice(0, ADDRESSES_TRIED), {
      ...options,
      servername: serverName(hostname, protocol),
    })
  }
  return (options, callback) => {
    open(options).then(
      (socket) => callback(null, socket),
      (error) => callback(error, null),
    )
  }
}

/** RFC 6066 §3: neither an address nor a trailing dot is said in the handshake. The certificate is verified for this name. */
const serverName = (hostname: string, protocol: string) =>
  isIP(hostname) !== 0 || protocol !== 'https:' ? '' : hostname.replace(/\.$/, '')

async function connectToFirst(addresses: string[], options: buildConnector.Options): Promise<Socket> {
  let failure: unknown
  for (const address of addresses) {
    try {
      return await connectTo({ ...options, hostname: address })
    } catch (error) {
      failure = error
    }
  }
  throw new EgressError('connection', sentenceOf(failure), { wasSent: false, cause: failure })
}

const connectTo = (options: buildConnector.Options) =>
  new Promise<Socket>((done, fail) => {
    connect(options, (...[error, socket]) => (error === null ? done(socket) : fail(error)))
  })

const sentenceOf = (failure: unknown) =>
  TLS_FAILURE.test(String((failure as NodeJS.ErrnoException).code))
    ? 'the certificate of this host, or its TLS, is not valid'
    : 'nobody answers at the address of this host'
