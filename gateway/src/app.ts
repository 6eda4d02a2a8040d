import type { RequestListener } from 'node:http'
import type { Environment } from '@munjigi/env/variables'
import { createServer } from '@munjigi/server/create-server'
import { createLogger, type LogLevel } from '@munjigi/server/logger'
import type { Store } from '@munjigi/store/store'
import type { FastifyInstance } from 'fastify'
import { openAdmission, type Platform } from './admission/admission.ts'
import type { Authenticate } from './admission/authenticate.ts'
import { authorize } from './admission/authorize.ts'
import { readCaller } from './admission/credential.ts'
import { NOBODY, type Principal } from './admission/principal.ts'
import { callerOf, RateLimits } from './admission/rate-limits.ts'
import { canonicalTarget } from './door/canonical.ts'
import { createDoorServer, type Door } from './door/door-server.ts'
import { Patience } from './door/patience.ts'
import { requirePublicHost, requireSound } from './door/sound-request.ts'
import { type CertificateFiles, followCertificate, readPair } from './door/tls.ts'
import { forward } from './forwarding/forward.ts'
import { Passage } from './forwarding/passage.ts'
import { createUpstreams, type Upstream, type Upstreams } from './forwarding/upstream.ts'
import type { Recorders } from './forwarding/visit.ts'
import { isOwnRequest, ownRoutes } from './own/own-routes.ts'
import { moduleNotFound } from './problems.ts'
import type { Route } from './table/route.ts'
import type { RouteTable } from './table/route-table.ts'
import { createTableSource } from './table/table-source.ts'
import type { LineSink } from './telemetry/access-log.ts'
import { type Failure, Figures } from './telemetry/figures.ts'
import { gatewayFigures, KeyFetches } from './telemetry/gateway-figures.ts'
import { SocketVisit } from './websocket/socket-visit.ts'
import { Sockets } from './websocket/sockets.ts'

/** How closely the waiting for services and callers is timed. */
const LOOK_MS = 100

export interface GatewayOptions {
  /** Path of services.yaml; followed while the gateway runs. */
  servicesFile: string
  /** Where `${NAME}` in it and `SERVICE_<MODULE>_URL` come from. */
  environment: Environment
  platform: Platform
  /** For user's internal routes. */
  internalKey: string
  /** Where user announces changes; without it they take effect within 5 s. */
  store?: Store
  /** Plain http without it. */
  tls?: CertificateFiles
  logLevel?: LogLevel
  /** Said in `/readyz`, for example `embedded`. */
  mode?: string
  /** Where access lines go; none are written without it. */
  lines?: LineSink
}

export interface Gateway {
  /** Listens, closes, and answers the gateway's own routes. */
  app: FastifyInstance
  /** All figures in Prometheus' text format. */
  metrics(): Promise<string>
}

/** The gateway, ready to listen. @throws ServicesFileError and others where what it is made of is not usable */
export async function buildGateway(options: GatewayOptions): Promise<Gateway> {
  const { logLevel = 'info', servicesFile, environment, platform, internalKey, store, mode } = options
  const log = createLogger('gateway', logLevel)
  const figures = new Figures()
  const patience = new Patience(LOOK_MS)
  const upstreams = createUpstreams()
  const source = createTableSource({ path: servicesFile, env: environment, log })
  const table = () => source.current()
  const keyFetches = new KeyFetches()
  const onKeyFetch = keyFetches.add
  const admission = await openAdmission({ platform, internalKey, store, log, table, upstreams, onKeyFetch })
  const sockets = new Sockets(admission.rights, patience)
  const rateLimits = new RateLimits()
  source.onChange((next) => {
    upstreams.keepOnly(next)
    admission.follow(next)
    sockets.follow(next)
    rateLimits.follow(next)
  })
  gatewayFigures(figures, { table, upstreams, sockets, keyFetches })

  const recorders = { figures, lines: options.lines, log }
  const { authenticate } = admission
  const door = openDoor({ table, authenticate, rateLimits, upstreams, sockets, patience, recorders })
  const server = createDoorServer(door, options.tls && readPair(options.tls))
  const unfollow = options.tls && followCertificate(server, options.tls, log)
  const app = createServer({
    name: 'gateway',
    logLevel,
    ...(mode && { mode }),
    fastify: {
      // Proxied requests are taken before Fastify's router sees them; it answers only what is the gateway's own.
      serverFactory: (answerOwn) => {
        door.answerOwn = answerOwn
        return server
      },
    },
  })
  ownRoutes(app, { table, upstreams, authenticate })
  app.addReadyCheck('keys', async () => admission.requireKeys())
  if (store !== undefined) app.addReadyCheck('store', () => store.isAlive())
  // Requests in flight finish, and createServer closes their connections behind them.
  app.addHook('preClose', async () => sockets.drain())
  app.addHook('onClose', async () => {
    unfollow?.()
    source.close()
    patience.close()
    await admission.close()
    await upstreams.close()
  })
  return { app, metrics: async () => `${await app.metrics.metrics()}\n${figures.render()}\n` }
}

interface DoorParts {
  table: () => RouteTable
  authenticate: Authenticate
  rateLimits: RateLimits
  upstreams: Upstreams
  sockets: Sockets
  patience: Patience
  recorders: Recorders
}

/** canonicalise ▶ match ▶ authenticate ▶ authorise ▶ forward: every request goes through these steps, in this order. */
function openDoor({ table, authenticate, rateLimits, upstreams, sockets, patience, recorders }: DoorParts) {
  const countFailure = (service: string, failure: Failure) => recorders.figures.addFailure(service, failure)
  const tools = { patience, countFailure }

  function take<V extends Passage | SocketVisit>(visit: V, forwardTo: (visit: V, upstream: Upstream) => void): void {
    try {
      const { request } = visit
      const method = request.method as string
      const target = canonicalTarget(request.url as string, method)
      requireSound(request)
      requirePublicHost(request.headers.host as string, visit.table)
      visit.read(target)
      const route = requireRoute(visit.table.match(target, method))
      visit.route = route
      const { limit } = route.rule
      // Who guesses at credentials is counted before any is looked at.
      if (limit?.by === 'address') rateLimits.require(limit, callerOf(limit, visit))
      const principal =
        route.rule.access === 'open'
          ? NOBODY
          : authenticate(readCaller(request.rawHeaders, visit.callerAddress, visit.tokens), route)
      if (principal instanceof Promise)
        principal.then((found) => admit(visit, route, found, forwardTo)).catch((error) => visit.refuse(error))
      else admit(visit, route, principal, forwardTo)
    } catch (error) {
      visit.refuse(error)
    }
  }

  function admit<V extends Passage | SocketVisit>(
    visit: V,
    route: Route,
    principal: Principal,
    forwardTo: (visit: V, upstream: Upstream) => void,
  ): void {
    visit.principal = principal
    authorize(principal, route)
    const { limit } = route.rule
    if (limit !== undefined && limit.by !== 'address') rateLimits.require(limit, callerOf(limit, visit))
    if (!visit.isOver) forwardTo(visit, upstreams.of(route.service))
  }

  const forwardRequest = (passage: Passage, upstream: Upstream): void => forward(passage, upstream, tools)
  const forwardUpgrade = (visit: SocketVisit, upstream: Upstream): void => {
    sockets.join(visit, upstream).catch((error) => visit.refuse(error))
  }

  const door: Door & { answerOwn: RequestListener } = {
    answerOwn: () => {
      throw new Error('the gateway is not built yet')
    },
    enter(request, response, expectsContinue) {
      // Node's parser throws away what came in one piece with a request for an upgrade: nobody may wait behind it.
      if (request.headers.upgrade !== undefined) response.shouldKeepAlive = false
      if (isOwnRequest(request)) {
        door.answerOwn(request, response)
        return
      }
      const passage = new Passage(request, response, expectsContinue, table(), recorders)
      if (passage.isPreflight) passage.answerPreflight()
      else take(passage, forwardRequest)
    },
    enterUpgrade(request, socket, head) {
      take(new SocketVisit(request, socket, head, table(), recorders), forwardUpgrade)
    },
  }
  return door
}

function requireRoute(route: Route | undefined): Route {
  if (route === undefined) throw moduleNotFound()
  return route
}
