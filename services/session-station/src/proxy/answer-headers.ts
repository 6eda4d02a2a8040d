import type { IncomingHttpHeaders } from 'node:http'
import { X_REQUEST_ID } from '@munjigi/contracts/headers'

/**
 * Of a target's answer these end here: hop-by-hop, what a browser would remember of our own origin or ask its user for,
 * what a proxy in front of us would obey, and what is ours.
 */
const DROPPED = new Set([
  'accept-ch',
  'alt-svc',
  'authentication-info',
  'cache-control',
  'clear-site-data',
  'connection',
  'content-security-policy',
  'content-security-policy-report-only',
  'critical-ch',
  'keep-alive',
  'nel',
  'public-key-pins',
  'refresh',
  'report-to',
  'reporting-endpoints',
  'server-timing',
  'service-worker-allowed',
  'set-cookie',
  'set-cookie2',
  'set-login',
  'sourcemap',
  'strict-transport-security',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'www-authenticate',
  'x-content-type-options',
  'x-sendfile',
  X_REQUEST_ID,
])
const DROPPED_PREFIXES = /^(?:access-control-|proxy-|x-accel-|x-lighttpd-)/
/** One path is another target for every caller: nobody keeps an answer, and no script of a target runs on our origin. */
const OURS = ['x-content-type-options', 'nosniff', 'content-security-policy', 'sandbox', 'cache-control', 'no-store']

/** Headers of the answer to the agent as a flat list; `shown` says what may be seen of a value. */
export function answerHeaders(
  headers: IncomingHttpHeaders,
  requestId: string,
  shown: (name: string, value: string) => string,
): string[] {
  const answer: string[] = []
  const listed = listedIn(headers.connection)
  for (const name in headers) {
    if (DROPPED.has(name) || listed?.includes(name) || DROPPED_PREFIXES.test(name)) continue
    const value = headers[name] as string | string[]
    if (typeof value === 'string') answer.push(name, shown(name, value))
    else for (const one of value) answer.push(name, shown(name, one))
  }
  answer.push(...OURS, X_REQUEST_ID, requestId)
  return answer
}

/** RFC 9110 §7.6.1. Undefined where it lists nothing, which is nearly always. */
export function listedIn(connection: string | string[] | undefined): string[] | undefined {
  if (connection === undefined || connection === 'keep-alive' || connection === 'close') return undefined
  return String(connection)
    .split(',')
    .map((name) => name.trim().toLowerCase())
}

/** A redirect within the origin that was called leads through the proxy again; any other goes on as it is. */
export function answerLocation(location: string, href: string, proxyPath: string): string {
  if (!URL.canParse(location, href)) return location
  const { origin, pathname, search, hash } = new URL(location, href)
  return origin === new URL(href).origin ? `${proxyPath}${pathname}${search}${hash}` : location
}
