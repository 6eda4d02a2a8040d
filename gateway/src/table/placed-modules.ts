import type { Environment } from '@munjigi/env/variables'
import { moduleName } from '@munjigi/identity/scope'
import type { ModuleEntry, ServiceEntry, ServicesFile } from './services-schema.ts'

type ServiceLimits = Omit<ServiceEntry, 'host' | 'modules'>

/** A module and where its requests go, after the environment, the services and `external` have been asked. */
export interface PlacedModule {
  readonly name: string
  readonly host: string
  readonly service: string
  readonly limits: ServiceLimits
  readonly settings: ModuleEntry
  readonly isExternal: boolean
  /** The list or map it is written in, and its index or name there; undefined for a module of the environment alone. */
  readonly writtenIn: { readonly container: object; readonly key: string | number } | undefined
  /** The variable that names the host. */
  readonly variable: string | undefined
}

const HOST_VARIABLE = /^SERVICE_([A-Z0-9_]+)_URL$/

/** Every module of the file and the environment, those named twice included. */
export function placeModules(file: ServicesFile, env: Environment): PlacedModule[] {
  const hosts = hostVariables(env)
  const written = [...serviceModules(file), ...externalModules(file)].map((module) =>
    overrideHost(module, hosts.get(module.name)),
  )
  const known = new Set(written.map(({ name }) => name))
  const unwritten = [...hosts].filter(([name]) => !known.has(name))
  return [...written, ...unwritten.map(([name, { variable, host }]) => environmentModule(name, variable, host))]
}

function overrideHost(module: PlacedModule, override: { variable: string; host: string } | undefined): PlacedModule {
  if (override === undefined) return module
  return { ...module, ...override, service: `${module.service}/${module.name}` }
}

function hostVariables(env: Environment): Map<string, { variable: string; host: string }> {
  const hosts = new Map<string, { variable: string; host: string }>()
  for (const [variable, host] of Object.entries(env)) {
    const name = HOST_VARIABLE.exec(variable)?.[1]
    if (name !== undefined && host) hosts.set(moduleName(name), { variable, host })
  }
  return hosts
}

function serviceModules(file: ServicesFile): PlacedModule[] {
  return Object.entries(file.services).flatMap(([service, { host, modules, ...limits }]) =>
    modules.flatMap((item, index) => {
      const place = { host, service, limits, isExternal: false, variable: undefined }
      const named: [string, ModuleEntry, PlacedModule['writtenIn']][] =
        typeof item === 'string'
          ? [[item, {}, { container: modules, key: index }]]
          : Object.entries(item).map(([name, settings]) => [name, settings, { container: item, key: name }])
      return named.map(([name, settings, writtenIn]) => ({ ...place, name: moduleName(name), settings, writtenIn }))
    }),
  )
}

function externalModules({ external = {} }: ServicesFile): PlacedModule[] {
  return Object.entries(external).map(([name, host]) => ({
    name: moduleName(name),
    host,
    service: name,
    limits: {},
    settings: {},
    isExternal: true,
    writtenIn: { container: external, key: name },
    variable: undefined,
  }))
}

const environmentModule = (name: string, variable: string, host: string): PlacedModule => ({
  name,
  host,
  service: name,
  limits: {},
  settings: {},
  isExternal: false,
  writtenIn: undefined,
  variable,
})
