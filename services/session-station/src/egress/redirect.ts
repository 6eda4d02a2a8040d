import { EgressError, headerValues } from './egress.ts'

/** One request of a chain. */
export interface Hop {
  url: URL
  method: string
  headers: Record<string, string>
  body: string | undefined
  /** Whether a request over TLS led to one without: what lies in between could read and set cookies. */
  isDowngraded: boolean
}

const REDIRECTS = [301, 302, 303, 307, 308]
/** What another origin may see of the first one's request. */
const HARMLESS_HEADERS = ['accept', 'accept-language', 'user-agent']

/** Where an answer sends us, or undefined where it is the answer. @throws EgressError */
export function nextHop(hop: Hop, status: number, headers: [name: string, value: string][]): Hop | undefined {
  const locations = new Set(headerValues(headers, 'location'))
  const [location] = locations
  if (!REDIRECTS.includes(status) || location === undefined) return undefined
  if (locations.size > 1) throw nowhere()
  const url = bareUrl(targetOf(location, hop.url))
  const isDowngraded = url.protocol === 'http:' && (hop.isDowngraded || hop.url.protocol === 'https:')
  if (url.origin !== hop.url.origin)
    return { url, isDowngraded, method: 'GET', headers: pick(hop.headers, isHarmless), body: undefined }
  if (!becomesGet(status, hop.method)) return { ...hop, url, isDowngraded }
  return { url, isDowngraded, method: 'GET', headers: pick(hop.headers, isNotOfBody), body: undefined }
}

/** Neither `user:password@` nor a fragment is sent. */
export function bareUrl(given: URL): URL {
  const url = new URL(given)
  url.username = ''
  url.password = ''
  url.hash = ''
  return url
}

function targetOf(location: string, base: URL): URL {
  // Octets that are not ASCII are UTF-8 wherever they come from.
  const url = URL.parse(Buffer.from(location, 'latin1').toString('utf8'), base.href)
  if (url === null || !/^https?:$/.test(url.protocol)) throw nowhere()
  return url
}

/** RFC 9110 §15.4: as browsers do it. */
const becomesGet = (status: number, method: string) =>
  status === 303 ? method !== 'HEAD' : (status === 301 || status === 302) && method === 'POST'

const isHarmless = (name: string) => HARMLESS_HEADERS.includes(name)
const isNotOfBody = (name: string) => !name.startsWith('content-')

const pick = (headers: Record<string, string>, keep: (name: string) => boolean) =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => keep(name)))

const nowhere = () => new EgressError('redirect', 'the redirect leads to no http address', { wasSent: true })
