import { moduleName } from '@munjigi/identity/scope'
import type { CanonicalTarget } from '../door/canonical.ts'
import { ambiguousPath } from '../problems.ts'
import type { Route } from './route.ts'
import { findRule, type RulePrefix } from './rules.ts'
import type { ServiceSettings } from './service-settings.ts'

export interface Module {
  /** As the file spells it, lower case, `_` as `-`. */
  readonly name: string
  readonly service: ServiceSettings
  /** Longest prefix first; the last one is the module itself. */
  readonly prefixes: readonly RulePrefix[]
}

const PROXY = 'proxy/'

/**
 * Finds the module that a path names: `<base>/<module>/…`, `<base>/v<digits>/<module>/…`, and either after
 * `<base>/proxy`. Up to the module's name nothing is encoded in a path that finds one, so offsets hold in both readings.
 */
export function moduleLookup(modules: ReadonlyMap<string, Module>, basePaths: readonly string[]) {
  const bases = basePaths.map((path) => (path === '/' ? '' : path)).sort((a, b) => b.length - a.length)
  return (target: CanonicalTarget, method: string): Route | undefined => {
    const { path, decoded } = target
    const base = baseLength(bases, path)
    if (base < 0) return undefined
    const isProxied = path.startsWith(PROXY, base + 1)
    let start = base + 1 + (isProxied ? PROXY.length : 0)
    let end = segmentEnd(path, start)
    let version = ''
    if (isVersion(path, start, end)) {
      version = path.slice(start - 1, end)
      start = end + 1
      end = segmentEnd(path, start)
    }
    const module = findModule(modules, path.slice(start, end))
    if (module === undefined) return undefined
    const insidePath = version + decoded.slice(end)
    return {
      module: module.name,
      service: module.service,
      rule: findRule(module.prefixes, insidePath, method),
      insidePath,
      forwardPath: forwardPath(path, base, isProxied, module.service.isExternal),
    }
  }
}

function baseLength(bases: readonly string[], path: string): number {
  for (const base of bases) if (path.startsWith(base) && path.charCodeAt(base.length) === 0x2f) return base.length
  return -1
}

function segmentEnd(path: string, start: number): number {
  const end = path.indexOf('/', start)
  return end < 0 ? path.length : end
}

function isVersion(path: string, start: number, end: number): boolean {
  if (path.charCodeAt(start) !== 0x76 || end - start < 2) return false
  for (let i = start + 1; i < end; i++) {
    const code = path.charCodeAt(i)
    if (code < 0x30 || code > 0x39) return false
  }
  return true
}

function findModule(modules: ReadonlyMap<string, Module>, segment: string): Module | undefined {
  const module = modules.get(segment)
  if (module !== undefined) return module
  if (/[%;]/.test(segment)) throw ambiguousPath("The module's name holds an encoded character or a parameter.")
  return modules.get(moduleName(segment))
}

function forwardPath(path: string, base: number, isProxied: boolean, isExternal: boolean): string {
  const inside = base + (isProxied ? PROXY.length : 0)
  if (isExternal) return path.slice(inside)
  return isProxied ? path.slice(0, base) + path.slice(inside) : path
}
