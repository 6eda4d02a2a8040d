import websocket from '@fastify/websocket'
import { requireUser } from '@munjigi/identity/user-context'
import type { TypeBoxProvider } from '@munjigi/server/typebox-provider'
import type { FastifyInstance } from 'fastify'
import { type Static, Type } from 'typebox'
import { readTrace, requireReading, TraceParams } from './guards.ts'
import { Listener } from './listener.ts'
import type { Listeners } from './listeners.ts'
import { upgradeRequired } from './problems.ts'
import type { TraceStore } from './store.ts'

const MAX_MESSAGE_BYTES = 1024
const CLOSING_LIMIT_MS = 1_000

const LiveQuery = Type.Object(
  { after: Type.Integer({ minimum: 0, maximum: 2_147_483_647, default: 0, description: 'the last seq you have' }) },
  { additionalProperties: false },
)

/** `/ws/trace/{trace_id}?after=`: what was missed, then what comes. Sockets end by the gateway or the peer, not by `exp`. */
export async function liveRoute(scope: FastifyInstance, traces: TraceStore, listeners: Listeners): Promise<void> {
  await scope.register(websocket, {
    options: { maxPayload: MAX_MESSAGE_BYTES },
    errorHandler: (error, socket, request) => {
      request.log.info({ err: error }, 'socket failed')
      socket.terminate()
    },
    preClose: async () => goAway(scope),
  })
  const app = scope.withTypeProvider<TypeBoxProvider>()

  app.route({
    method: 'GET',
    url: '/ws/trace/:trace_id',
    preHandler: requireReading(traces),
    schema: {
      summary: 'WebSocket: the entries of a trace as they come (its owner and administrators)',
      tags: ['live'],
      params: TraceParams,
      querystring: LiveQuery,
    },
    handler: async () => {
      throw upgradeRequired()
    },
    wsHandler: (socket, request) => {
      const trace = readTrace(request)
      const { after } = request.query as Static<typeof LiveQuery>
      const listener = new Listener(socket, {
        user: requireUser(request),
        trace,
        after,
        traces,
        onError: (error) => request.log.warn({ err: error }, 'entries not read'),
      })
      listeners.add(trace, listener)
      socket.on('close', (code) => {
        listeners.remove(trace, listener)
        request.log.info({ route: request.routeOptions.url, subject: request.subject, code }, 'socket closed')
      })
    },
  })
}

async function goAway({ websocketServer }: FastifyInstance): Promise<void> {
  const { promise: gone, resolve } = Promise.withResolvers<void>()
  websocketServer.close(() => resolve())
  for (const socket of websocketServer.clients) socket.close(1001, 'going away')
  const limit = setTimeout(() => {
    for (const socket of websocketServer.clients) socket.terminate()
  }, CLOSING_LIMIT_MS)
  await gone
  clearTimeout(limit)
}
