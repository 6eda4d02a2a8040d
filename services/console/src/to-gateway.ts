import type { IncomingMessage } from 'node:http'
import { type FastifyHttpProxyOptions, fastifyHttpProxy } from '@fastify/http-proxy'
import { Problem } from '@munjigi/problem'
import type { FastifyInstance, FastifyRequest } from 'fastify'

const HEADERS_TIMEOUT_MS = 35_000

/** Of one connection (RFC 9110 §7.6.1), or the caller's own claims about where it comes from. */
const ENDS_HERE = new Set([
  'connection',
  'expect',
  'forwarded',
  'http2-settings',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'upgrade',
])

type Caller = Pick<FastifyRequest, 'ip' | 'protocol' | 'host'>
type ClientOptions = NonNullable<FastifyHttpProxyOptions['wsClientOptions']>

interface GatewayOptions {
  gatewayUrl: string
  /** PEM that signed the gateway's certificate; without it the public authorities count. */
  gatewayCa: string | undefined
}

/** Any other request for an upgrade is a plain one: nobody else here would answer it. */
export const isSocketRequest = ({ headers, url }: IncomingMessage): boolean =>
  headers.upgrade?.toLowerCase() === 'websocket' && (url?.startsWith('/ws/') ?? false)

/** /api and /ws go to the gateway as they came, so that the browser has one origin. */
export function toGateway(app: FastifyInstance, { gatewayUrl, gatewayCa }: GatewayOptions): void {
  const tls = { rejectUnauthorized: true, ...(gatewayCa !== undefined && { ca: gatewayCa }) }
  const shared = {
    upstream: gatewayUrl,
    disableRequestLogging: true,
    destroyAgent: true,
    // A body timeout would cut event streams that are silent for a while.
    undici: { connect: tls, headersTimeout: HEADERS_TIMEOUT_MS, bodyTimeout: 0 },
    replyOptions: {
      rewriteRequestHeaders: (request, headers) => ({ ...without(ENDS_HERE, headers), ...forwardedBy(request) }),
      rewriteHeaders: (headers) => without(ENDS_HERE, headers),
      // The plugin asks again ten times after a 503 unless it is told not to.
      retryDelay: () => null,
      onError: (reply, { error }) => void reply.send(gatewayUnreachable(error)),
    },
  } satisfies FastifyHttpProxyOptions
  app.register(fastifyHttpProxy, { ...shared, prefix: '/api', rewritePrefix: '/api' })
  app.register(fastifyHttpProxy, {
    ...shared,
    prefix: '/ws',
    rewritePrefix: '/ws',
    websocket: true,
    // The plugin's types do not know the member that its README describes.
    wsClientOptions: {
      ...tls,
      rewriteRequestHeaders: (_headers: unknown, request: FastifyRequest) => ({
        ...(request.headers.origin !== undefined && { origin: request.headers.origin }),
        ...forwardedBy(request),
      }),
    } as ClientOptions,
  })
}

const without = <Value>(names: ReadonlySet<string>, headers: Record<string, Value>): Record<string, Value> =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !names.has(name)))

/** The caller's own claims about where it comes from end here. */
function forwardedBy(request: Caller) {
  return {
    'x-forwarded-for': request.ip,
    'x-forwarded-proto': request.protocol,
    'x-forwarded-host': request.host,
  }
}

const gatewayUnreachable = (cause: Error) =>
  new Problem(502, 'gateway-unreachable', 'The gateway does not answer', { detail: 'Try again in a moment', cause })
