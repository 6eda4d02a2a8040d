import { randomUUID } from 'node:crypto'
import http, { type IncomingMessage, type ServerOptions, type ServerResponse } from 'node:http'
import https from 'node:https'
import type { Socket } from 'node:net'
import type { Problem } from '@munjigi/problem'
import { malformedRequest, requestTimeout } from '../problems.ts'
import { isWebSocket } from '../websocket/handshake.ts'
import { expectationFailed, headersTooLarge, methodNotProxied } from './problems.ts'
import { refuseSocket } from './refusal.ts'
import type { CertificatePair } from './tls.ts'

const HEADERS_TIMEOUT_MS = 10_000
const TLS_HANDSHAKE_TIMEOUT_MS = 10_000
/** Longer than usual proxies in front keep theirs, so that they never write to a connection that is just closed. */
const KEEP_ALIVE_MS = 75_000
const CHECK_MS = 1000
const MAX_HEADERS_BYTES = 16 * 1024

export interface Door {
  enter(request: IncomingMessage, response: ServerResponse, expectsContinue: boolean): void
  enterUpgrade(request: IncomingMessage, socket: Socket, head: Buffer): void
}

const options: ServerOptions & { shouldUpgradeCallback: (request: IncomingMessage) => boolean } = {
  headersTimeout: HEADERS_TIMEOUT_MS,
  // A body has as long as it moves (request-body.ts).
  requestTimeout: 0,
  keepAliveTimeout: KEEP_ALIVE_MS,
  connectionsCheckingInterval: CHECK_MS,
  maxHeaderSize: MAX_HEADERS_BYTES,
  insecureHTTPParser: false,
  requireHostHeader: false,
  noDelay: true,
  shouldUpgradeCallback: isWebSocket,
}

/** The listening side: Node's strict parser, times for slow callers, and an answer for what is no request. */
export function createDoorServer(door: Door, pair: CertificatePair | undefined): http.Server {
  const server =
    pair === undefined
      ? http.createServer(options)
      : https.createServer({ ...options, ...pair, minVersion: 'TLSv1.2', handshakeTimeout: TLS_HANDSHAKE_TIMEOUT_MS })
  server.on('request', (request, response) => door.enter(request, response, false))
  server.on('checkContinue', (request, response) => door.enter(request, response, true))
  server.on('checkExpectation', (_request, response: ServerResponse) => {
    response.shouldKeepAlive = false
    const problem = expectationFailed()
    response.writeHead(problem.status, { 'content-type': 'application/problem+json' })
    response.end(JSON.stringify(problem.body(randomUUID())))
  })
  server.on('upgrade', (request, socket, head) => door.enterUpgrade(request, socket as Socket, head))
  server.on('connect', (_request, socket) => refuseSocket(socket as Socket, methodNotProxied('CONNECT')))
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => refuseSocket(socket as Socket, problemOf(error)))
  return server as http.Server
}

function problemOf({ code }: NodeJS.ErrnoException): Problem {
  if (code === 'HPE_HEADER_OVERFLOW') return headersTooLarge()
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return requestTimeout()
  return malformedRequest('It is not well-formed HTTP/1.1.')
}
