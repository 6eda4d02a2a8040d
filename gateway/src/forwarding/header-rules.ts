import { TRACEPARENT, X_INTERNAL_KEY, X_REQUEST_ID, X_USER_SUB } from '@munjigi/contracts/headers'
import { canonicalHeaderName } from '../door/canonical.ts'

/** What becomes of a caller's header: gone, passed on as it is, or passed on under a condition. */
type Fate = 'pass' | 'drop' | 'connection' | 'forwarded' | 'trace'

const HOP_BY_HOP = ['connection', 'keep-alive', 'te', 'trailer', 'transfer-encoding', 'upgrade', 'http2-settings']
/** Built by the gateway, or answered by it. */
const OURS = [
  'sec-websocket-protocol',
  'authorization',
  'content-length',
  'expect',
  'host',
  TRACEPARENT,
  X_INTERNAL_KEY,
  X_REQUEST_ID,
  X_USER_SUB,
]
/** With them an upstream would answer for another path, method, address or person than the one that was checked. */
const OVERRIDES = [
  'cf-connecting-ip',
  'forwarded',
  'remote-user',
  'true-client-ip',
  'x-client-ip',
  'x-cluster-client-ip',
  'x-envoy-original-path',
  'x-host',
  'x-http-method',
  'x-http-method-override',
  'x-method-override',
  'x-original-host',
  'x-original-method',
  'x-original-uri',
  'x-original-url',
  'x-real-ip',
  'x-remote-user',
  'x-rewrite-url',
]
/** A second spelling of these would be a second opinion; they pass in their own spelling alone. */
const ONE_SPELLING = ['cookie', 'content-type', 'x-service-context', 'x-tenant-id']
const FORWARDED_PREFIX = 'x-forwarded-'
const REMEMBERED_SPELLINGS = 1000
const REMEMBERED_LENGTH = 64

/** Says what becomes of a header of a request to one service; spellings seen before cost one look-up. */
export type HeaderRules = (name: string) => Fate

export function headerRules(identityHeaders: readonly string[]): HeaderRules {
  const dropped = new Set([...HOP_BY_HOP, ...OURS, ...OVERRIDES, ...identityHeaders.map(canonicalHeaderName)])
  const remembered = new Map<string, Fate>()
  return (name) => {
    const known = remembered.get(name)
    if (known !== undefined) return known
    const fate = fateOf(name, dropped)
    // Bounded in both ways: names are the caller's.
    if (remembered.size < REMEMBERED_SPELLINGS && name.length <= REMEMBERED_LENGTH) remembered.set(name, fate)
    return fate
  }
}

function fateOf(name: string, dropped: ReadonlySet<string>): Fate {
  const lower = name.toLowerCase()
  if (lower === 'connection') return 'connection'
  if (lower === 'tracestate') return 'trace'
  const canonical = canonicalHeaderName(lower)
  if (canonical.startsWith(FORWARDED_PREFIX)) return lower === canonical ? 'forwarded' : 'drop'
  // `Proxy` becomes HTTP_PROXY in CGI-like environments.
  if (dropped.has(canonical) || canonical === 'proxy' || canonical.startsWith('proxy-')) return 'drop'
  return lower !== canonical && ONE_SPELLING.includes(canonical) ? 'drop' : 'pass'
}
