import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { buildConnector, type Dispatcher, Pool } from 'undici'
import type { RouteTable } from '../table/route-table.ts'
import type { ServiceSettings } from '../table/service-settings.ts'
import { Connections } from './connections.ts'
import { type HeaderRules, headerRules } from './header-rules.ts'

const CONNECT_TIMEOUT_MS = 2000
const MAX_ANSWER_HEADERS_BYTES = 64 * 1024
/** For the gateway's own questions. */
const OWN_CONNECTIONS = 2
/** A request may still be waiting for its admission when its service leaves the table. */
const RETIRE_MS = 30_000

/** Without the name undici would take it from the caller's `Host`, and connect anew whenever that differs. */
export interface NamedRequest extends Dispatcher.DispatchOptions {
  servername: string
}

/** One service as the forwarder sees it: its connections, its cap and what its requests may carry. */
export class Upstream {
  readonly settings: ServiceSettings
  readonly rules: HeaderRules
  /** The cap is their number: a request that waited for a free one could not be given up. */
  readonly connections: Connections
  /** PEM of the authority that signs its certificate, where it is none of the system's. */
  readonly ca: Buffer | undefined
  /** Its own name, for services that do not take the caller's `Host`. */
  readonly host: string
  readonly hostname: string
  inFlight = 0
  readonly #own: Pool

  constructor(settings: ServiceSettings) {
    this.settings = settings
    const { host, hostname } = new URL(settings.origin)
    this.host = host
    this.hostname = hostname
    this.rules = headerRules(settings.identityHeaders)
    this.ca = caOf(settings)
    const options = {
      pipelining: 1,
      allowH2: false,
      connect: connectorTo(hostname, this.ca),
      maxHeaderSize: MAX_ANSWER_HEADERS_BYTES,
      // The forwarder keeps the time itself: event streams may be silent, other answers may not.
      headersTimeout: 0,
      bodyTimeout: 0,
    }
    this.connections = new Connections(settings.origin, settings.maxInFlight, options)
    this.#own = new Pool(settings.origin, { ...options, connections: OWN_CONNECTIONS })
  }

  ask(path: string, timeoutMs: number): Promise<Dispatcher.ResponseData> {
    const headers = { accept: 'application/json' }
    const signal = AbortSignal.timeout(timeoutMs)
    const request: NamedRequest = { method: 'GET', path, headers, servername: this.hostname }
    return this.#own.request({ ...request, signal })
  }

  async close(): Promise<void> {
    await Promise.all([this.connections.close(), this.#own.close()])
  }

  async destroy(): Promise<void> {
    await Promise.all([this.connections.destroy(), this.#own.destroy()])
  }
}

/** The name in the handshake, and in the certificate, is the one of services.yaml. */
function connectorTo(hostname: string, ca: Buffer | undefined): buildConnector.connector {
  const connect = buildConnector({ timeout: CONNECT_TIMEOUT_MS, allowH2: false, ...(ca !== undefined && { ca }) })
  // RFC 6066 §3: an address is no name.
  const servername = isIP(hostname.replace(/^\[|\]$/g, '')) === 0 ? hostname : ''
  return (options, callback) => connect({ ...options, servername }, callback)
}

export interface Upstreams {
  of(service: ServiceSettings): Upstream
  /** Closes what the table no longer names; requests on their way there finish. */
  keepOnly(table: RouteTable): void
  all(): Iterable<Upstream>
  close(): Promise<void>
}

export function createUpstreams(): Upstreams {
  const known = new Map<ServiceSettings, Upstream>()
  const retire = (upstream: Upstream) => setTimeout(() => void upstream.close(), RETIRE_MS).unref()
  return {
    of(service) {
      const upstream = known.get(service) ?? new Upstream(service)
      known.set(service, upstream)
      return upstream
    },
    keepOnly({ services }) {
      for (const [service, upstream] of known) {
        if (services.includes(service)) continue
        known.delete(service)
        retire(upstream)
      }
    },
    all: () => known.values(),
    close: async () => {
      await Promise.all([...known.values()].map((upstream) => upstream.destroy()))
    },
  }
}

const caOf = ({ caFile, origin }: ServiceSettings): Buffer | undefined =>
  caFile === undefined || origin.startsWith('http:') ? undefined : readFileSync(caFile)
