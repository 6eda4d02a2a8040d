import { createServer as createHttpServer } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { fileURLToPath } from 'node:url'
import { createServer } from '@munjigi/server/create-server'
import type { LogLevel } from '@munjigi/server/logger'
import type { FastifyInstance } from 'fastify'
import { pages } from './pages.ts'
import { isSocketRequest, toGateway } from './to-gateway.ts'

export interface ConsoleOptions {
  gatewayUrl: string
  gatewayCa?: string
  /** The gateway as browsers reach it. */
  platformIssuer: string
  tls?: { key: string; cert: string }
  logLevel?: LogLevel
  /** Shown on every page unless it is `production`. */
  mode?: string
}

const REQUEST_TIMEOUT_MS = 30_000
const WEB_ROOT = fileURLToPath(new URL('../dist', import.meta.url))

export function buildApp({ tls, mode = 'production', ...options }: ConsoleOptions): FastifyInstance {
  const server = { ...tls, shouldUpgradeCallback: isSocketRequest, requestTimeout: REQUEST_TIMEOUT_MS }
  const app = createServer({
    name: 'console',
    logLevel: options.logLevel ?? 'info',
    mode,
    fastify: {
      serverFactory: (handler) => (tls ? createTlsServer(server, handler) : createHttpServer(server, handler)),
    },
  })
  // Sign-in begins where it ends: the cookie that binds it to this browser belongs to the gateway's host.
  app.get('/sign-in', (_request, reply) => reply.redirect(new URL('/api/auth/login/', options.platformIssuer).href))
  toGateway(app, { gatewayUrl: options.gatewayUrl, gatewayCa: options.gatewayCa })
  pages(app, { webRoot: WEB_ROOT, mode, isTls: tls !== undefined })
  return app
}
