import { Agent } from 'undici'
import type { AllowedRange } from './allowed-ranges.ts'
import type { Room } from './answer-bytes.ts'
import { checkedConnector } from './connector.ts'
import { ACCEPTED_CODINGS, decoded } from './content-coding.ts'
import { type Egress, type EgressAnswer, EgressError, type EgressRequest, headerValues } from './egress.ts'
import { exchange, type RawAnswer } from './exchange.ts'
import { bareUrl, type Hop, nextHop } from './redirect.ts'
import { type Resolve, systemResolver } from './resolvers.ts'

const REDIRECTS_AT_MOST = 5
const MAX_BODY_BYTES = 10 * 1024 * 1024
const MAX_HEADERS_BYTES = 64 * 1024
const ROOM_BYTES = 256 * 1024 * 1024
/** To one origin; logins have their own, so that long streams of the proxy never keep one waiting. */
const LOGIN_CONNECTIONS = 32
const PROXY_CONNECTIONS = 256
const IDLE_MS = 4000
/** However long a target says that it would keep it. */
const IDLE_AT_MOST_MS = 30_000

/** The URL and the body say these; NTLM and Negotiate would log a connection in, and connections are shared. */
const OURS = /^(host|connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|expect|content-length)$/
const OF_CONNECTION = /^(ntlm|negotiate)\b/i

interface Chain extends EgressRequest {
  /** Of the caller and of the time for everything. */
  signal: AbortSignal
}

export function createEgress(options: { allow: AllowedRange[]; resolve?: Resolve }): Egress {
  const shared = {
    connect: checkedConnector({ allow: options.allow, resolve: options.resolve ?? systemResolver() }),
    pipelining: 1,
    allowH2: false,
    maxHeaderSize: MAX_HEADERS_BYTES,
    keepAliveTimeout: IDLE_MS,
    keepAliveMaxTimeout: IDLE_AT_MOST_MS,
  }
  const logins = new Agent({ ...shared, connections: LOGIN_CONNECTIONS, headersTimeout: 0, bodyTimeout: 0 })
  const dispatcher = new Agent({ ...shared, connections: PROXY_CONNECTIONS })
  const room: Room = { left: ROOM_BYTES }

  async function request(given: EgressRequest): Promise<EgressAnswer> {
    const timeout = AbortSignal.timeout(given.timeoutMs)
    const signal = given.signal === undefined ? timeout : AbortSignal.any([given.signal, timeout])
    return follow(firstHop(given), { ...given, signal }, REDIRECTS_AT_MOST)
  }

  async function follow(hop: Hop, chain: Chain, redirectsLeft: number): Promise<EgressAnswer> {
    const answer = await visit(hop, chain)
    const next = chain.followRedirects ? nextHop(hop, answer.status, answer.headers) : undefined
    if (next === undefined) return finished(hop, answer)
    if (redirectsLeft === 0) throw new EgressError('redirect', 'too many redirects', { wasSent: true })
    return follow(next, chain, redirectsLeft - 1).catch((error) => {
      throw sentBefore(error)
    })
  }

  async function visit(hop: Hop, { cookies, signal }: Chain): Promise<RawAnswer> {
    const { url, method, body } = hop
    const jar = hop.isDowngraded ? undefined : cookies
    const cookie = [hop.headers.cookie, jar?.headerFor(url)].filter((part) => part !== undefined).join('; ')
    const answer = await exchange(
      logins,
      {
        origin: url.origin,
        path: url.pathname + url.search,
        method: method as 'GET',
        headers: { 'accept-encoding': ACCEPTED_CODINGS, ...hop.headers, ...(cookie !== '' && { cookie }) },
        ...(body !== undefined && { body }),
      },
      { signal, maxBytes: MAX_BODY_BYTES, room },
    )
    const setCookies = headerValues(answer.headers, 'set-cookie')
    if (setCookies.length > 0) jar?.take(url, setCookies)
    return answer
  }

  return {
    request,
    dispatcher,
    close: async () => {
      await Promise.all([logins.destroy(), dispatcher.destroy()])
    },
  }
}

function firstHop({ url, method, headers: given, body }: EgressRequest): Hop {
  const headers = Object.fromEntries(Object.entries(given).map(([name, value]) => [name.toLowerCase(), value]))
  const isOdd = Object.keys(headers).some((name) => OURS.test(name)) || OF_CONNECTION.test(headers.authorization ?? '')
  if (isOdd || !/^https?:$/.test(url.protocol))
    throw new EgressError('address', 'the request has a header or a URL that is not allowed', { wasSent: false })
  return { url: bareUrl(url), method, headers, body, isDowngraded: false }
}

async function finished(hop: Hop, { status, headers, body }: RawAnswer): Promise<EgressAnswer> {
  // RFC 9112 §7: undici takes off `chunked` and leaves another coding of the transfer as it is.
  const codings = ['content-encoding', 'transfer-encoding'].flatMap((name) => headerValues(headers, name)).join(',')
  return { url: hop.url, status, headers, body: await decoded(body, codings, MAX_BODY_BYTES) }
}

/** The target has read the request that led to the redirect. */
const sentBefore = (error: unknown): unknown =>
  error instanceof EgressError
    ? new EgressError(error.kind, error.message, { wasSent: true, cause: error.cause })
    : error
