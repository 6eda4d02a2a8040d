import type { IncomingMessage } from 'node:http'
import { Problem } from '@munjigi/problem'
import { requestIdOf } from '@munjigi/server/create-server'
import type { FastifyBaseLogger } from 'fastify'
import type { Principal } from '../admission/principal.ts'
import type { CanonicalTarget } from '../door/canonical.ts'
import { ClientConnection } from '../door/client-connection.ts'
import { corsHeaders } from '../door/cors.ts'
import { isTraceparent, newTraceparent } from '../door/trace-context.ts'
import type { Route } from '../table/route.ts'
import type { RouteTable } from '../table/route-table.ts'
import { accessLine, type LineSink } from '../telemetry/access-log.ts'
import type { Figures } from '../telemetry/figures.ts'
import { outboundHeaders } from './outbound-headers.ts'
import { internalFault } from './problems.ts'
import type { Upstream } from './upstream.ts'

/** Nginx's number for a caller who left before the answer; for log and figures alone. */
export const CLIENT_CLOSED_REQUEST = 499
const NO_TOKENS: readonly string[] = []

/** Who writes down what passed. */
export interface Recorders {
  figures: Figures
  /** Undefined: no access lines are written. */
  lines: LineSink | undefined
  log: FastifyBaseLogger
}

/** One request as the gateway knows it, from its first byte to its line in the log. */
export class Visit {
  readonly request: IncomingMessage
  readonly table: RouteTable
  readonly connection: ClientConnection
  readonly requestId: string
  /** Ours for CORS; undefined where the origin is none or not allowed. */
  readonly cors: readonly string[] | undefined
  route: Route | undefined
  target: CanonicalTarget | undefined
  /** Goes upstream byte for byte. */
  query: string | undefined
  /** Credentials elsewhere than in the header. */
  tokens: readonly string[] = NO_TOKENS
  principal: Principal | undefined
  isOver = false
  #callerAddress: string | undefined
  readonly #recorders: Recorders
  readonly #startedAt = performance.now()

  constructor(request: IncomingMessage, table: RouteTable, recorders: Recorders) {
    this.request = request
    this.table = table
    this.#recorders = recorders
    this.requestId = requestIdOf(request.headers['x-request-id'])
    this.cors = corsHeaders(request.headers.origin, table.allowedOrigins)
    this.connection = ClientConnection.of(request.socket)
  }

  /** Takes over what the request line asks for. @throws Problem where that must not be asked for like this */
  read(target: CanonicalTarget): void {
    this.target = target
    this.query = target.query
  }

  /** Path and query for the upstream. */
  get forwardTarget(): string {
    const path = this.route?.forwardPath as string
    return this.query === undefined ? path : `${path}?${this.query}`
  }

  outboundHeaders(upstream: Upstream): string[] {
    const { request, connection, principal } = this
    const { host = '', traceparent } = request.headers
    const isTraceContinued = isTraceparent(traceparent)
    const token = principal?.token
    return outboundHeaders({
      rawHeaders: request.rawHeaders,
      rules: upstream.rules,
      host: upstream.settings.hostHeader === 'upstream' ? upstream.host : host,
      publicHost: host,
      address: connection.address,
      callerAddress: this.callerAddress,
      isEncrypted: connection.isEncrypted,
      port: connection.port,
      isTrustedProxy: connection.isTrustedProxy(this.table),
      requestId: this.requestId,
      traceparent: isTraceContinued ? traceparent : newTraceparent(),
      isTraceContinued,
      authorization: token === undefined ? this.#foreignAuthorization : `Bearer ${token.token}`,
      subject: token?.subject,
      identityHeaders: upstream.settings.identityHeaders,
    })
  }

  get #foreignAuthorization(): string | undefined {
    return this.route?.rule.forwardsForeignAuthorization === true ? foreignAuthorization(this.request) : undefined
  }

  /** Behind trusted proxies the last address that none of them vouches for. */
  get callerAddress(): string {
    this.#callerAddress ??= this.connection.callerAddress(this.table, this.request.headers['x-forwarded-for'])
    return this.#callerAddress
  }

  /** What the caller is told of an error; what is no Problem is a bug and told to the log alone. */
  problemOf(error: unknown): Problem {
    if (error instanceof Problem) return error
    this.#recorders.log.error({ err: error, request_id: this.requestId }, 'request failed')
    return internalFault()
  }

  /** Counts it and writes its line, once. */
  finish(status: number): void {
    if (this.isOver) return
    this.isOver = true
    const duration = performance.now() - this.#startedAt
    const method = this.request.method as string
    const { figures, lines } = this.#recorders
    figures.addRequest(this.route?.module, method, status, duration)
    lines?.write(
      accessLine({
        method,
        module: this.route?.module,
        pattern: this.route?.rule.pattern,
        status,
        duration,
        subject: this.principal?.token?.subject,
        client: this.callerAddress,
        requestId: this.requestId,
      }),
    )
  }
}

/** A single `Authorization` of another scheme than Bearer; a person's token is never left to an open route. */
function foreignAuthorization({ headersDistinct }: IncomingMessage): string | undefined {
  const [value, ...more] = headersDistinct.authorization ?? []
  return value === undefined || more.length > 0 || /^\s*bearer\b/i.test(value) ? undefined : value
}
