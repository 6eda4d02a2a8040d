import type { Environment } from '@munjigi/env/variables'
import type { Issuer } from '@munjigi/identity/issuers'
import type { CanonicalTarget } from '../door/canonical.ts'
import { type Module, moduleLookup } from './module-lookup.ts'
import type { PlacedModule } from './placed-modules.ts'
import { proxyList } from './proxy-list.ts'
import type { Route } from './route.ts'
import { compileRules } from './rules.ts'
import { type ServiceSettings, serviceSettings } from './service-settings.ts'
import type { ParsedServices } from './services-file.ts'

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
