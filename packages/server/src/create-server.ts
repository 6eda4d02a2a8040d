import { randomUUID } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { Problem } from '@munjigi/problem'
import Fastify, {
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type FastifyServerOptions,
  LogController,
} from 'fastify'
import { logFailure, problemOf } from './error-problem.ts'
import { health } from './health.ts'
import { createLogger, type LogLevel } from './logger.ts'
import { metrics } from './metrics.ts'
import { validatorCompiler } from './validators.ts'

const BODY_LIMIT_BYTES = 1024 * 1024
const REQUEST_TIMEOUT_MS = 30_000
const CONNECTION_TIMEOUT_MS = 120_000
const DRAIN_LOOK_MS = 50
/** A subject of 255 characters, each of them percent-encoded. */
const MAX_PARAM_LENGTH = 3 * 255
const REQUEST_ID = /^[A-Za-z0-9._-]{1,64}$/

export interface ServerOptions {
  /** Names the server in logs and metrics. */
  name: string
  logLevel?: LogLevel
  /** Said in `/readyz` beside the checks, for example `embedded`. */
  mode?: string
  fastify?: Pick<FastifyServerOptions, 'trustProxy' | 'bodyLimit' | 'serverFactory'>
}

/** A Fastify server with our logger, request ids, health, metrics, one access line per request and one error handler. */
export function createServer(options: ServerOptions): FastifyInstance {
  const app = Fastify({
    loggerInstance: createLogger(options.name, options.logLevel ?? 'info'),
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: ({ headers }) => requestIdOf(headers['x-request-id']),
    bodyLimit: BODY_LIMIT_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    connectionTimeout: CONNECTION_TIMEOUT_MS,
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: MAX_PARAM_LENGTH },
    // What the router itself refuses never comes to the error handler, and its own answer repeats the path.
    frameworkErrors: answerProblem,
    ...options.fastify,
  })
  app.setValidatorCompiler(validatorCompiler)
  // No route takes plain text: without this parser it is answered 415.
  app.removeContentTypeParser('text/plain')
  app.setErrorHandler(answerProblem)
  app.setNotFoundHandler((request) => {
    throw new Problem(404, 'not-found', 'There is nothing at this path', {
      detail: `No route for ${request.method} here`,
    })
  })
  // Hooks that await nothing use the callback: an async one would cost a promise per request.
  app.addHook('onRequest', ({ raw: { headers }, server }, _reply, done) => {
    // Many front ends send Content-Type without a body, which FastAPI accepts. It stays where bodies are handed on unread.
    const isNamed = headers['content-type'] !== undefined
    if (isNamed && !hasBody(headers) && server.hasContentTypeParser('application/json')) delete headers['content-type']
    done()
  })
  app.addHook('onSend', (request, reply, _payload, done) => {
    reply.header('x-request-id', request.id)
    done()
  })
  app.addHook('onResponse', (request, reply, done) => {
    const { method, routeOptions } = request
    const ms = Math.round(reply.elapsedTime * 10) / 10
    request.log.info(
      { method, route: routeOptions.url, status: reply.statusCode, ms, subject: request.subject },
      'request',
    )
    // Node no longer looks after the socket of a refused upgrade, which would stay open with nobody reading it.
    if (request.raw.headers.upgrade !== undefined) request.raw.socket.destroySoon()
    done()
  })
  // Node closes idle connections only once; one whose last answer comes later would delay the end by its keep-alive.
  app.addHook('preClose', async () => {
    const looking = setInterval(() => app.server.closeIdleConnections(), DRAIN_LOOK_MS)
    app.server.once('close', () => clearInterval(looking))
  })
  app.decorateRequest('subject', undefined)
  health(app, options.mode)
  metrics(app, options.name)
  return app
}

function answerProblem(error: FastifyError | Problem, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const problem = problemOf(error)
  logFailure(request.log, error, problem)
  // Fastify would close the connection while the caller still sends, and the answer would be lost; Node discards the rest.
  if (problem.status === 413) reply.removeHeader('connection')
  return reply
    .code(problem.status)
    .headers({ ...problem.headers, 'x-request-id': request.id })
    .type('application/problem+json')
    .send(problem.body(request.id))
}

/** RFC 9112 §6. */
const hasBody = ({ 'content-length': length = '0', 'transfer-encoding': coding }: IncomingHttpHeaders): boolean =>
  coding !== undefined || length !== '0'

/** The caller's request id where it is well-formed, else a new one. */
export const requestIdOf = (given: string | string[] | undefined): string =>
  typeof given === 'string' && REQUEST_ID.test(given) ? given : randomUUID()

declare module 'fastify' {
  interface FastifyRequest {
    /** The verified subject, for the access line; set by packages/identity. */
    subject: string | undefined
  }
}
