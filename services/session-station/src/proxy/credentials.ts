import type { Context } from '../contexts/context.ts'
import { type LoginJar, loginJar } from '../login/jar.ts'
import { type Redaction, redactionOf } from './redaction.ts'

type Pair = readonly [key: string, value: string]

/** What a context puts into every request through the proxy, made ready once. */
export interface Credentials {
  /** Flat; without `cookie`. */
  headers: readonly string[]
  headerNames: ReadonlySet<string>
  /** The injected ones, as they are sent. */
  cookie: string | undefined
  cookieNames: ReadonlySet<string>
  jar: LoginJar | undefined
  query: readonly Pair[]
  body: readonly Pair[]
  isBodyRequired: boolean
  redaction: Redaction
}

const known = new WeakMap<Context, Credentials>()

/** Of one context object always the same: a cached context costs nothing here after its first request. */
export function credentialsOf(context: Context): Credentials {
  const remembered = known.get(context)
  if (remembered !== undefined) return remembered
  const credentials = prepare(context)
  known.set(context, credentials)
  return credentials
}

function prepare({ headers, injections, fields, jar, proxy }: Context): Credentials {
  const named = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const)
  const others = named.filter(([name]) => name !== 'cookie')
  const cookie = named.find(([name]) => name === 'cookie')?.[1]
  const into = (target: string) => injections.filter((injection) => injection.target === target)
  const pairsOf = (target: string) => into(target).map(({ key, value }): Pair => [key, value])
  const cookies = cookiesIn(cookie)
  const secrets = [
    ...Object.values(fields),
    ...injections.map(({ value }) => value),
    ...cookies.map(([, value]) => value),
    ...storedCookies(jar),
  ]
  return {
    headers: others.flat(),
    headerNames: new Set(others.map(([name]) => name)),
    cookie,
    cookieNames: new Set(cookies.map(([name]) => name)),
    jar: jar === undefined ? undefined : loginJar(jar, proxy.origins),
    query: pairsOf('query'),
    body: pairsOf('body'),
    isBodyRequired: into('body').some(({ required }) => required),
    redaction: redactionOf(secrets),
  }
}

/** `Cookie` for that URL; an injected cookie goes before one of the jar with its name. */
export function cookieFor(
  { cookie, cookieNames, jar }: Credentials,
  origin: string,
  target: string,
): string | undefined {
  const kept = jar?.headerFor(new URL(target, origin))
  if (kept === undefined) return cookie
  if (cookie === undefined) return kept
  const others = cookiesIn(kept).filter(([name]) => !cookieNames.has(name))
  return [cookie, ...others.map(([name, value]) => `${name}=${value}`)].join('; ')
}

function cookiesIn(cookie = ''): Pair[] {
  return cookie.split(/;\s*/).flatMap((pair) => {
    const at = pair.indexOf('=')
    return at < 0 ? [] : [[pair.slice(0, at), pair.slice(at + 1)] as const]
  })
}

/** Their values, in the jar's own form. */
function storedCookies(jar: string | undefined): string[] {
  const { cookies = [] } = jar === undefined ? {} : (JSON.parse(jar) as { cookies?: { value?: unknown }[] })
  return cookies.map(({ value }) => value).filter((value) => typeof value === 'string')
}
