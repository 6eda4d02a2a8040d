import { buildInjections, flatHeaders, InjectionError } from '../injection/injections.ts'
import { usedFields } from '../injection/used-fields.ts'
import { loginJar } from '../login/jar.ts'
import type { Profile } from '../profiles/profile.ts'
import type { Context } from './context.ts'

/** Of a profile whose injections carry cookies: by field the cookie's name, and how they are injected. */
export function injectedCookies({ extraction_rules, injection_rules }: Profile): Context['cookies'] {
  const used = usedFields(injection_rules)
  const names = extraction_rules
    .filter(({ source, name }) => source === 'cookie' && used.has(name))
    .map(({ name, key_path }) => [name, key_path ?? name])
  return names.length > 0 ? { names: Object.fromEntries(names), injection_rules } : undefined
}

/** The context with what `url` has set, in its jar and, where it is injected, in place of the cookie before; undefined where nothing changed. */
export function withCookies(context: Context, url: URL, setCookies: string[]): Context | undefined {
  const jar = loginJar(context.jar, context.proxy.origins)
  jar.take(url, setCookies)
  const text = jar.serialise()
  if (text === context.jar) return undefined
  const set = new Set(setCookies.map((cookie) => cookie.split('=', 1)[0]?.trim()))
  const renewed = Object.entries(context.cookies?.names ?? {}).flatMap(([field, name]) => {
    const value = set.has(name) ? jar.find(name, url)?.value : undefined
    return value === undefined || value === context.fields[field] ? [] : [[field, value]]
  })
  const { jar: _, ...others } = context
  const injected = renewed.length > 0 ? injectedAnew(context, Object.fromEntries(renewed)) : {}
  return { ...others, ...(text !== undefined && { jar: text }), ...injected }
}

/** A service that gives its session a new name now and then forgets the old one. */
function injectedAnew(context: Context, renewed: Record<string, string>): Partial<Context> {
  const fields = { ...context.fields, ...renewed }
  try {
    const injections = buildInjections(context.cookies?.injection_rules ?? [], fields)
    return { fields, injections, headers: flatHeaders(injections) }
  } catch (error) {
    // What cannot be injected is no better than what there is.
    if (error instanceof InjectionError) return {}
    throw error
  }
}
