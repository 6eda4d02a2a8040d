import type { CanonicalTarget } from './canonical.ts'
import type { Issuer } from './services-schema.ts'

export type Access = 'open' | 'public' | 'authenticated' | 'section' | 'service'
export type Level = 'user' | 'admin'

/** What a request must fulfil; everything a module or an outer setting says is already in it. */
export interface Rule {
  /** For logs and metrics: `/<module>` and the rule's prefix, never the caller's path. */
  readonly pattern: string
  /** Prefix inside the module, on segment boundaries; empty for the whole module. */
  readonly path: string
  /** Undefined: every method. */
  readonly methods: ReadonlySet<string> | undefined
  readonly access: Access
  /** Set exactly where access is `section`. */
  readonly section: string | undefined
  readonly level: Level
  /** Client accounts that may pass. */
  readonly clients: ReadonlySet<string>
  readonly isPendingAllowed: boolean
}

/** One upstream with its limits; the same object as long as the file says the same about it. */
export interface ServiceSettings {
  readonly name: string
  /** Scheme, host and port, without a slash at the end. */
  readonly origin: string
  readonly timeoutMs: number
  readonly maxBodyBytes: number
  readonly maxInFlight: number
  readonly maxMessageBytes: number
  readonly healthPath: string
  readonly hostHeader: 'client' | 'upstream'
  /** Further names, lower case, of headers that carry the verified subject. */
  readonly identityHeaders: readonly string[]
  /** Path of a PEM file that signs the upstream's certificate. */
  readonly caFile: string | undefined
  /** The base path is removed before forwarding. */
  readonly isExternal: boolean
}

export interface Module {
  /** As the file spells it, lower case, `_` as `-`. */
  readonly name: string
  readonly service: ServiceSettings
  readonly rules: readonly Rule[]
}

export interface Route {
  readonly module: string
  readonly service: ServiceSettings
  readonly rule: Rule
  /** Decoded path inside the module, version first: `/v1/menus` for `/api/meal/v1/menus` and `/api/v1/meal/menus`. */
  readonly insidePath: string
  /** What goes upstream, byte for byte, without the query. */
  readonly forwardPath: string
}

export type IssuerSettings = Issuer

export interface RouteTable {
  readonly generation: number
  readonly services: readonly ServiceSettings[]
  readonly modules: ReadonlyMap<string, Module>
  /** The host of module `auth`; undefined where the file has none. */
  readonly userService: ServiceSettings | undefined
  readonly issuers: readonly IssuerSettings[]
  readonly allowedOrigins: ReadonlySet<string>
  /** Undefined: any well-formed Host. */
  readonly publicHosts: ReadonlySet<string> | undefined
  /** Worth a log line at load, not worth refusing the file. */
  readonly warnings: readonly string[]
  isPublicHost(host: string): boolean
  isTrustedProxy(address: string): boolean
  /** Undefined where no module has that name. @throws Problem 405 with Allow where the prefix lists other methods. */
  match(target: CanonicalTarget, method: string): Route | undefined
}
