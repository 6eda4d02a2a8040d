import { TRACEPARENT, X_REAL_IP, X_REQUEST_ID, X_USER_SUB } from '@munjigi/contracts/headers'
import type { HeaderRules } from './header-rules.ts'

/** What the gateway knows about a request and says to the upstream. */
export interface Outbound {
  readonly rawHeaders: readonly string[]
  readonly rules: HeaderRules
  /** Undefined: the upstream's own. */
  readonly host: string | undefined
  /** The caller's `Host`, for `X-Forwarded-Host`. */
  readonly publicHost: string
  readonly address: string
  /** Behind trusted proxies the last address that none of them vouches for; `address` itself where there are none. */
  readonly callerAddress: string
  readonly isEncrypted: boolean
  readonly port: number
  /** Whether the caller's own X-Forwarded-* count. */
  readonly isTrustedProxy: boolean
  readonly requestId: string
  readonly traceparent: string
  /** False where `traceparent` was made here: a caller's `tracestate` would belong to another trace. */
  readonly isTraceContinued: boolean
  /** The whole value of `Authorization`; undefined on open routes and without a token. */
  readonly authorization: string | undefined
  readonly subject: string | undefined
  /** Further names that carry the subject, lower case. */
  readonly identityHeaders: readonly string[]
}

/** Headers of the request upstream as a flat list, built by rule; identity stands last. */
export function outboundHeaders(out: Outbound): string[] {
  const headers: string[] = []
  const proxy = pushPassed(out, headers)
  if (out.host !== undefined) headers.push('host', out.host)
  pushForwarded(out, proxy, headers)
  headers.push(X_REQUEST_ID, out.requestId, TRACEPARENT, out.traceparent)
  if (out.authorization !== undefined) headers.push('authorization', out.authorization)
  if (out.subject === undefined) return headers
  for (const name of out.identityHeaders) if (name !== X_USER_SUB) headers.push(name, out.subject)
  headers.push(X_USER_SUB, out.subject)
  return headers
}

type Forwarded = Map<string, string>

/** Pushes what passes, and returns the X-Forwarded-* of a trusted proxy. */
function pushPassed({ rawHeaders, rules, isTrustedProxy, isTraceContinued }: Outbound, headers: string[]) {
  let proxy: Forwarded | undefined
  let listed: Set<string> | undefined
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string
    const value = rawHeaders[i + 1] as string
    const fate = rules(name)
    if (fate === 'pass') headers.push(name, value)
    else if (fate === 'trace' && isTraceContinued) headers.push(name, value)
    else if (fate === 'forwarded' && isTrustedProxy) proxy = addForwarded(proxy, name.toLowerCase(), value)
    else if (fate === 'connection') listed = addListed(listed, value)
  }
  if (listed !== undefined) removeListed(headers, listed)
  return proxy
}

function addForwarded(proxy: Forwarded = new Map(), name: string, value: string): Forwarded {
  const earlier = proxy.get(name)
  return proxy.set(name, earlier === undefined ? value : `${earlier}, ${value}`)
}

/** RFC 9110 §7.6.1: what `Connection` lists ends here. Undefined where it lists nothing, which is nearly always. */
export function addListed(listed: Set<string> | undefined, value: string): Set<string> | undefined {
  if (value === 'keep-alive' || value === 'close') return listed
  const names = listed ?? new Set()
  for (const name of value.split(',')) names.add(name.trim().toLowerCase())
  return names
}

function removeListed(headers: string[], listed: ReadonlySet<string>): void {
  for (let i = headers.length - 2; i >= 0; i -= 2)
    if (listed.has((headers[i] as string).toLowerCase())) headers.splice(i, 2)
}

function pushForwarded(out: Outbound, proxy: Forwarded | undefined, headers: string[]): void {
  const chain = proxy?.get('x-forwarded-for')
  headers.push('x-forwarded-for', chain === undefined ? out.address : `${chain}, ${out.address}`)
  // Which of the chain is the caller only the table's trusted proxies tell, so it is said apart.
  headers.push(X_REAL_IP, out.callerAddress)
  headers.push('x-forwarded-proto', wellFormed(proxy, 'x-forwarded-proto') ?? (out.isEncrypted ? 'https' : 'http'))
  headers.push('x-forwarded-host', wellFormed(proxy, 'x-forwarded-host') ?? out.publicHost)
  headers.push('x-forwarded-port', wellFormed(proxy, 'x-forwarded-port') ?? String(out.port))
}

const FORMS = {
  'x-forwarded-proto': /^https?$/,
  'x-forwarded-host': /^[\w.-]{1,255}(:\d{1,5})?$/,
  'x-forwarded-port': /^\d{1,5}$/,
}

function wellFormed(proxy: Forwarded | undefined, name: keyof typeof FORMS): string | undefined {
  const value = proxy?.get(name)
  return value !== undefined && FORMS[name].test(value) ? value : undefined
}
