import type { Environment } from '@munjigi/env/variables'
import { type AccessSettings, accessFault, accessSettings } from './access-settings.ts'
import { isReservedName, MODULE_NAME } from './module-name.ts'
import { doorOf, originOf, ownDoors } from './origin.ts'
import type { PlacedModule } from './placed-modules.ts'
import { coveredMethods, loosely, rulePath } from './rules.ts'
import type { SchemaReader } from './schema-reader.ts'
import type { ModuleEntry, RuleEntry, ServicesFile } from './services-schema.ts'
import type { Place } from './yaml-tree.ts'

const START: Place = { line: 1, column: 1 }
const OURS_OR_HOP_BY_HOP =
  /^(authorization|connection|content-.*|cookie|date|expect|forwarded|host|keep-alive|origin|proxy-.*|sec-.*|te|traceparent|trailer|transfer-encoding|upgrade|x-forwarded-.*|x-internal-key|x-request-id)$/i

/** What the schema cannot say about services and modules. */
export function checkModules(
  reader: SchemaReader,
  file: ServicesFile,
  modules: readonly PlacedModule[],
  env: Environment,
): void {
  const doors = ownDoors(env)
  for (const service of Object.values(file.services)) {
    checkHost(reader, service.host, reader.placeOf(service, 'host'), 'host', doors)
    checkIdentityHeaders(reader, service.identity_headers ?? [])
  }
  const seen = new Map<string, Place>()
  for (const module of modules) {
    const at = module.writtenIn === undefined ? START : reader.placeOf(module.writtenIn.container, module.writtenIn.key)
    const hostName = module.variable ?? (module.isExternal ? 'external address' : undefined)
    checkName(reader, module, at, seen)
    if (hostName !== undefined) checkHost(reader, module.host, at, hostName, doors)
    checkAccess(reader, module)
  }
}

function checkIdentityHeaders(reader: SchemaReader, headers: string[]): void {
  for (const [index, header] of headers.entries())
    if (OURS_OR_HOP_BY_HOP.test(header))
      reader.refuse(reader.placeOf(headers, index), `${header} cannot carry the subject`, 'choose another header name')
}

function checkName(reader: SchemaReader, module: PlacedModule, at: Place, seen: Map<string, Place>): void {
  const { name } = module
  if (isReservedName(name)) reader.refuse(at, `"${name}" is a reserved name`, 'name the module otherwise')
  else if (!MODULE_NAME.test(name))
    reader.refuse(at, `"${name}" cannot be a module`, 'use letters, digits, "-" and "_"')
  const first = seen.get(name)
  if (first === undefined) seen.set(name, at)
  else
    reader.refuse(
      at,
      `module "${name}" is named twice`,
      `names compare without case and with "-" = "_": remove this or line ${first.line}`,
    )
}

function checkHost(reader: SchemaReader, text: string, at: Place, name: string, doors: ReadonlySet<string>): void {
  const origin = originOf(text)
  if (origin === undefined)
    reader.refuse(
      at,
      `${name} is no address: ${JSON.stringify(text)}`,
      'write http://name:port or https://name:port and nothing after it',
    )
  else if (doors.has(doorOf(origin)))
    reader.refuse(
      at,
      `${name} is the gateway's own address: ${text}`,
      'a request would come back for ever: name the service itself',
    )
}

function checkAccess(reader: SchemaReader, { settings }: PlacedModule): void {
  const outer = accessSettings(settings)
  checkContradiction(reader, settings, outer)
  const byLoosePath = new Map<string, RuleEntry[]>()
  for (const rule of settings.rules ?? []) {
    const at = reader.placeOf(rule, 'path')
    if (/\/\.+(\/|$)/.test(rule.path))
      reader.refuse(at, `${rule.path} holds a segment of dots`, 'no request with one passes: write the path without it')
    if (reader.isWhole(settings)) checkContradiction(reader, rule, accessSettings(rule, outer))
    if (reader.isWhole(rule)) checkTwins(reader, rule, byLoosePath)
  }
}

function checkContradiction(reader: SchemaReader, entry: ModuleEntry | RuleEntry, settings: AccessSettings): void {
  const fault = reader.isWhole(entry) ? accessFault(entry, settings) : undefined
  if (fault !== undefined) reader.refuse(reader.placeOf(entry, fault.key), fault.what, fault.remedy)
}

function checkTwins(reader: SchemaReader, rule: RuleEntry, byLoosePath: Map<string, RuleEntry[]>): void {
  const loosePath = loosely(rulePath(rule.path))
  const earlier = byLoosePath.get(loosePath) ?? []
  const twin = earlier.find((other) => isTwin(rule, other))
  byLoosePath.set(loosePath, [...earlier, rule])
  if (twin === undefined) return
  const remedy = `remove this or line ${reader.placeOf(twin, 'path').line}; case makes no difference`
  reader.refuse(reader.placeOf(rule, 'path'), `${rule.path} has two rules for one method`, remedy)
}

function isTwin(a: RuleEntry, b: RuleEntry): boolean {
  if (rulePath(a.path) !== rulePath(b.path)) return true
  const methods = coveredMethods(a.methods)
  const others = coveredMethods(b.methods)
  if (methods === undefined || others === undefined) return methods === others
  return [...methods].some((method) => others.has(method))
}
