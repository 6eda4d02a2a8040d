import type { IncomingMessage } from 'node:http'
import { KEY_SET_PATH } from '@munjigi/contracts/tokens'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Authenticate } from '../admission/authenticate.ts'
import { authorize } from '../admission/authorize.ts'
import { readCaller } from '../admission/credential.ts'
import { ClientConnection } from '../door/client-connection.ts'
import { corsHeaders } from '../door/cors.ts'
import { requirePublicHost, requireSound } from '../door/sound-request.ts'
import { askService } from '../forwarding/ask-service.ts'
import { announcedLength } from '../forwarding/request-body.ts'
import type { Upstreams } from '../forwarding/upstream.ts'
import { accessUnknown } from '../problems.ts'
import { accessSettings } from '../table/access-settings.ts'
import type { RouteTable } from '../table/route-table.ts'
import type { Rule } from '../table/rules.ts'
import type { ServiceSettings } from '../table/service-settings.ts'
import { docs } from './docs.ts'
import { keysUnavailable, superuserRequired } from './problems.ts'

const STATUS_PATH = '/api/server-status'
const PROBES = ['/healthz', '/readyz']
const OWN_PATHS = new Set([...PROBES, STATUS_PATH, KEY_SET_PATH, '/docs'])
const ASK_MS = 900

/**
 * What the gateway answers itself: reading at these spellings alone, anything else is looked up in the table. A body
 * belongs to no such request, and Fastify would wait for one as long as its caller likes.
 */
export function isOwnRequest(request: IncomingMessage): boolean {
  const { method, url } = request
  return (method === 'GET' || method === 'HEAD') && isOwnPath(url as string) && announcedLength(request) === 0
}

function isOwnPath(target: string): boolean {
  const end = target.indexOf('?')
  const path = end < 0 ? target : target.slice(0, end)
  return OWN_PATHS.has(path) || path.startsWith('/docs/')
}

interface OwnRoutes {
  table: () => RouteTable
  upstreams: Upstreams
  authenticate: Authenticate
}

export function ownRoutes(app: FastifyInstance, { table, upstreams, authenticate }: OwnRoutes): void {
  app.addHook('onRequest', async (request, reply) => {
    const { origin, host = '' } = request.headers
    const cors = corsHeaders(origin, table().allowedOrigins) ?? []
    for (let i = 0; i < cors.length; i += 2) reply.header(cors[i] as string, cors[i + 1])
    if (PROBES.includes(request.url)) return
    requireSound(request.raw)
    requirePublicHost(host, table())
  })

  app.get(STATUS_PATH, async (request) => {
    const current = table()
    const { services, modules } = current
    await requireSuperuser(request, authenticate, current)
    const statuses = services.map(async (service) => ({
      name: service.name,
      modules: [...modules.values()].filter((each) => each.service === service).map(({ name }) => name),
      ...(await healthOf(service, upstreams)),
    }))
    return { services: await Promise.all(statuses) }
  })

  app.get(KEY_SET_PATH, async (_request, reply) => {
    const { userService } = table()
    if (userService === undefined) throw keysUnavailable()
    const { status, text } = await askService(upstreams.of(userService), KEY_SET_PATH, ASK_MS).catch(() => {
      throw keysUnavailable()
    })
    if (status !== 200) throw keysUnavailable()
    return reply.header('cache-control', 'public, max-age=60').type('application/json').send(text)
  })

  docs(app, () => [...table().modules.keys()])
}

const ANYBODY: Rule = { ...accessSettings({}), pattern: STATUS_PATH, path: '', methods: undefined, limit: undefined }

async function requireSuperuser({ raw }: FastifyRequest, authenticate: Authenticate, table: RouteTable): Promise<void> {
  const service = table.userService
  if (service === undefined) throw accessUnknown()
  const route = { module: 'server-status', service, rule: ANYBODY, insidePath: '', forwardPath: STATUS_PATH }
  const address = ClientConnection.of(raw.socket).callerAddress(table, raw.headers['x-forwarded-for'])
  const principal = await authenticate(readCaller(raw.rawHeaders, address), route)
  authorize(principal, route)
  if (principal.record?.superuser !== true) throw superuserRequired()
}

async function healthOf(service: ServiceSettings, upstreams: Upstreams): Promise<{ status: string; ms: number }> {
  const startedAt = performance.now()
  const status = await askService(upstreams.of(service), service.healthPath, ASK_MS).then(
    (answer) => (answer.status === 200 ? 'ok' : 'failing'),
    () => 'unreachable',
  )
  return { status, ms: Math.round(performance.now() - startedAt) }
}
