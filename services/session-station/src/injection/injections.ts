import type { Injection } from '@munjigi/contracts/auth-contexts'
import type { InjectionRule } from '@munjigi/contracts/auth-profiles'
import type { Static } from 'typebox'
import { cookieValueFault, forbiddenHeader, headerValueFault, isToken } from './header-rules.ts'
import { fieldsOf, fill, TemplateError } from './template.ts'

type Rule = Static<typeof InjectionRule>

/** In characters, of all that one login injects: more than any server takes. */
const MAX_INJECTED_LENGTH = 131_072

/** An injection that would not be well-formed; the message names the rule and never its value. */
export class InjectionError extends Error {}

/** What keeps `key` from being the name of something at `target`; undefined where nothing does. */
export function keyFault(target: Rule['target'], key: string): string | undefined {
  if (target === 'query' || target === 'body') return key.isWellFormed() ? undefined : 'is no text'
  if (!isToken(key)) return `is no name of a ${target}`
  return target === 'header' && forbiddenHeader(key) ? 'is a header that nobody may set' : undefined
}

/** What keeps `value` from standing at `target` under `key`; undefined where nothing does. */
export function valueFault(target: Rule['target'], key: string, value: string): string | undefined {
  if (target === 'header') return headerValueFault(key, value)
  if (target === 'cookie') return cookieValueFault(value)
  return value.isWellFormed() ? undefined : 'is no text'
}

/**
 * What later requests carry. A rule that lacks a field yields nothing.
 * @throws InjectionError
 */
export function buildInjections(rules: readonly Rule[], fields: Readonly<Record<string, string>>): Injection[] {
  let left = MAX_INJECTED_LENGTH
  return rules.flatMap((rule, index) => {
    const needed = [rule.source_field, ...fieldsOf(rule.value_template)]
    if (!needed.every((name) => Object.hasOwn(fields, name))) return []
    const injection = buildInjection(rule, index, fields)
    left -= injection.value.length
    if (left < 0) throw new InjectionError(`more than ${MAX_INJECTED_LENGTH} characters would be injected`)
    return [injection]
  })
}

function buildInjection(rule: Rule, index: number, fields: Readonly<Record<string, string>>): Injection {
  const { target, key, required } = rule
  try {
    const value = fill(rule.value_template, fields)
    const fault = keyFault(target, key) ?? valueFault(target, key, value)
    if (fault) throw new TemplateError(fault)
    return { target, key, value, required }
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error
    throw new InjectionError(`injection_rules.${index} (${target} ${key}): ${error.message}`)
  }
}

/** Injections into header and cookie as one flat object; equal names are merged with `; ` (source 004). */
export function flatHeaders(injections: readonly Injection[]): Record<string, string> {
  const merged = new Map<string, [name: string, value: string]>()
  for (const [name, value] of injections.flatMap(headerOf)) {
    const before = merged.get(name.toLowerCase())
    merged.set(name.toLowerCase(), before ? [before[0], `${before[1]}; ${value}`] : [name, value])
  }
  // Not by assignment: `__proto__` is a header's name too.
  return Object.fromEntries(merged.values())
}

function headerOf({ target, key, value }: Injection): [string, string][] {
  if (target === 'cookie') return [['Cookie', `${key}=${value}`]]
  return target === 'header' ? [[key, value]] : []
}
