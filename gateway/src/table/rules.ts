import { ambiguousPath, methodNotAllowed } from '../problems.ts'
import { type AccessSettings, accessSettings } from './access-settings.ts'
import { type Limit, limitOf } from './limits.ts'
import type { ModuleEntry, RuleEntry } from './services-schema.ts'

/** What a request must fulfil; everything that outer settings say is already in it. */
export interface Rule extends AccessSettings {
  /** For logs and metrics: `/<module>` and the rule's prefix, never the caller's path. */
  readonly pattern: string
  /** Prefix inside the module, on segment boundaries; empty for the whole module. */
  readonly path: string
  /** Undefined: every method. */
  readonly methods: ReadonlySet<string> | undefined
  /** The rule's own, else the module's, whose rules share one count. */
  readonly limit: Limit | undefined
}

/** All rules of one prefix inside a module. */
export interface RulePrefix {
  readonly path: string
  /** The prefix as the loosest reader sees it. */
  readonly loosePath: string
  readonly rules: readonly Rule[]
}

/** A rule's prefix without a slash at its end; empty for the whole module. */
export const rulePath = (path: string): string => path.replace(/\/+$/, '')

/** Methods an entry covers, HEAD with GET; undefined for all. */
export function coveredMethods(methods: RuleEntry['methods']): ReadonlySet<string> | undefined {
  if (methods === undefined) return undefined
  return new Set(methods.includes('GET') ? [...methods, 'HEAD'] : methods)
}

/** The prefixes of a module, longest first; the last one is the module itself. */
export function compileRules(module: string, entry: ModuleEntry): RulePrefix[] {
  const outer = accessSettings(entry)
  const limit = limitOf(entry.limits, module, outer.access === 'open')
  const byPath = new Map<string, Rule[]>()
  for (const rule of entry.rules ?? []) {
    const path = rulePath(rule.path)
    const settings = accessSettings(rule, outer)
    const place = [module, path, ...(rule.methods ?? [])].join(' ')
    const compiled = {
      pattern: `/${module}${path}`,
      path,
      methods: coveredMethods(rule.methods),
      limit: limitOf(rule.limits, place, settings.access === 'open') ?? limit,
      ...settings,
    }
    byPath.set(path, [...(byPath.get(path) ?? []), compiled])
  }
  if (!byPath.has('')) byPath.set('', [{ pattern: `/${module}`, path: '', methods: undefined, limit, ...outer }])
  return [...byPath]
    .map(([path, rules]) => ({ path, loosePath: loosely(path), rules: rules.toSorted(listedMethodsFirst) }))
    .sort((a, b) => b.path.length - a.path.length)
}

const listedMethodsFirst = (a: Rule, b: Rule): number =>
  Number(a.methods === undefined) - Number(b.methods === undefined)

/**
 * The rule of the longest prefix. A path that falls under another prefix for a reader without case, or one that cuts
 * parameters (`;`, `?`, `#`), trims segments or folds wide forms, is refused: the service might be that reader.
 */
export function findRule(prefixes: readonly RulePrefix[], insidePath: string, method: string): Rule {
  const prefix = longestPrefix(prefixes, insidePath)
  if (prefixes.length > 1 && MAY_READ_OTHERWISE.test(insidePath) && looselyLongest(prefixes, insidePath) !== prefix)
    throw ambiguousPath('Letter case or a path parameter makes it fall under two rules: write the path as documented.')
  for (const rule of prefix.rules) if (rule.methods === undefined || rule.methods.has(method)) return rule
  const allow = prefix.rules.flatMap((rule) => [...(rule.methods ?? [])]).join(', ')
  throw methodNotAllowed(`Allowed: ${allow}`, allow)
}

function longestPrefix(prefixes: readonly RulePrefix[], path: string): RulePrefix {
  for (const prefix of prefixes) if (covers(prefix.path, path)) return prefix
  return prefixes[prefixes.length - 1] as RulePrefix
}

const MAY_READ_OTHERWISE = /[A-Z;?#\u0080-\uffff]|[. ](?:\/|$)/

function looselyLongest(prefixes: readonly RulePrefix[], path: string): RulePrefix | undefined {
  const loosePath = loosely(path)
  return prefixes.find((prefix) => covers(prefix.loosePath, loosePath))
}

/** The path for a reader without case that cuts and trims; `/;x/` leaves an empty segment, which such readers merge. */
export const loosely = (path: string): string =>
  path
    .normalize('NFKC')
    .replace(/[?#].*$/s, '')
    .replace(/;[^/]*/g, '')
    // From the beginning of a run only: tried at each of its characters, a long one would cost its length squared.
    .replace(/(?<![. ])[. ]+(?=\/|$)/g, '')
    .replace(/\/{2,}/g, '/')
    // In this order the long s and the dotless i become letters of the alphabet.
    .toUpperCase()
    .toLowerCase()

const covers = (prefix: string, path: string): boolean =>
  path.startsWith(prefix) && (path.length === prefix.length || path.charCodeAt(prefix.length) === 0x2f)
