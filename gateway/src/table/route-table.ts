import type { Environment } from '@munjigi/env/variables'
import type { Issuer } from '@munjigi/identity/issuers'
import type { CanonicalTarget } from '../door/canonical.ts'
import type { AccessSettings } from './access-settings.ts'
import { moduleLookup } from './module-lookup.ts'
import type { PlacedModule } from './placed-modules.ts'
import { proxyList } from './proxy-list.ts'
import { compileRules, type RulePrefix } from './rules.ts'
import { serviceSettings } from './service-settings.ts'
import type { ParsedServices } from './services-file.ts'

/** What a request must fulfil; everything that outer settings say is already in it. */
export interface Rule extends AccessSettings {
  /** For logs and metrics: `/<module>` and the rule's prefix, never the caller's path. */
  readonly pattern: string
  /** Prefix inside the module, on segment boundaries; empty for the whole module. */
  readonly path: string
  /** Undefined: every method. */
  readonly methods: ReadonlySet<string> | undefined
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
  /** Longest prefix first; the last one is the module itself. */
  readonly prefixes: readonly RulePrefix[]
}

export interface Route {
  readonly module: string
  readonly service: ServiceSettings
  readonly rule: Rule
  /** Decoded path inside the module, version first: `/v1/menus` for both `/api/meal/v1/menus` and `/api/v1/meal/menus`. */
  readonly insidePath: string
  /** What goes upstream, byte for byte, without the query. */
  readonly forwardPath: string
}

export interface RouteTable {
  readonly generation: number
  readonly services: readonly ServiceSettings[]
  readonly modules: ReadonlyMap<string, Module>
  /** The host of module `auth`; undefined where the file has none. */
  readonly userService: ServiceSettings | undefined
  readonly issuers: readonly Issuer[]
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

/** Compiles a file without faults; what a service is told stays the same object where nothing about it changed. */
export function buildRouteTable(
  { file, modules: placed }: ParsedServices,
  env: Environment,
  previous?: RouteTable,
): RouteTable {
  const services = new Map((previous?.services ?? []).map((service) => [JSON.stringify(service), service]))
  const modules = new Map(placed.map((module) => [module.name, compileModule(module, services)]))
  const proxies = file.trusted_proxies?.length ? proxyList(file.trusted_proxies) : undefined
  const publicHosts =
    file.public_hosts === undefined ? undefined : new Set(file.public_hosts.map((host) => host.toLowerCase()))
  return {
    generation: (previous?.generation ?? 0) + 1,
    services: [...new Set([...modules.values()].map(({ service }) => service))],
    modules,
    userService: modules.get('auth')?.service,
    issuers: file.issuers ?? [],
    allowedOrigins: new Set(file.allowed_origins ?? frontEnd(env)),
    publicHosts,
    warnings: warningsOf(placed, publicHosts !== undefined),
    isPublicHost: (host) =>
      publicHosts === undefined || publicHosts.has(host) || isNamed(publicHosts, host.toLowerCase()),
    isTrustedProxy: (address) => proxies?.check(address, address.includes(':') ? 'ipv6' : 'ipv4') ?? false,
    match: moduleLookup(modules, file.base_paths ?? ['/api', '/ws']),
  }
}

function warningsOf(placed: readonly PlacedModule[], hasPublicHosts: boolean): string[] {
  const unwritten = placed.filter(({ writtenIn }) => writtenIn === undefined)
  const warnings = unwritten.map(({ name, variable }) => `module ${name} stands in no file: it comes from ${variable}`)
  return hasPublicHosts ? warnings : [...warnings, 'public_hosts is not set: any well-formed Host is answered']
}

// A host without a port stands for all of its ports.
const isNamed = (hosts: ReadonlySet<string>, host: string): boolean =>
  hosts.has(host) || hosts.has(host.replace(/:\d+$/, ''))

const frontEnd = ({ FRONTEND_BASE_URL: url }: Environment): string[] =>
  url && URL.canParse(url) ? [new URL(url).origin] : []

function compileModule(module: PlacedModule, services: Map<string, ServiceSettings>): Module {
  const settings = serviceSettings(module)
  const key = JSON.stringify(settings)
  const service = services.get(key) ?? settings
  services.set(key, service)
  return { name: module.name, service, prefixes: compileRules(module.name, module.settings) }
}
