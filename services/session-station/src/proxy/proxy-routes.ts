import { METHODS } from 'node:http'
import { ServiceId } from '@munjigi/contracts/auth-profiles'
import { requireUser } from '@munjigi/identity/user-context'
import type { FastifyInstance } from 'fastify'
import { type Static, Type } from 'typebox'
import { upgradeRefused } from '../problems.ts'
import type { Call, ProxyDeps } from './call.ts'
import { CallerBody, type KeptRoom } from './caller-body.ts'
import { exchange } from './exchange.ts'
import { targetPath } from './target-path.ts'

/** A tunnel, and an echo of the secrets that were injected. */
const NOT_CARRIED = ['CONNECT', 'TRACE']

const Params = Type.Object({ service_id: ServiceId, '*': Type.Optional(Type.String()) })

/** Of bodies that may be sent a second time. */
const KEPT_TOGETHER_BYTES = 128 * 1024 * 1024

const ROUTE = '/proxy/:service_id/*'
/** The router leaves out a slash at the end, so this is the target's root. */
const ROOT = '/proxy/:service_id'

/** `proxy/{service_id}/*`: any request goes to the profile's target with the person's login, and its answer comes back. */
export function proxyRoutes(app: FastifyInstance, deps: ProxyDeps): void {
  const room: KeptRoom = { left: KEPT_TOGETHER_BYTES }
  app.register(async (proxy) => {
    const methods = METHODS.filter((method) => !NOT_CARRIED.includes(method))
    for (const method of methods) if (!proxy.supportedMethods.includes(method)) proxy.addHttpMethod(method)
    // Bodies are not read here but handed on.
    proxy.removeAllContentTypeParsers()
    proxy.addContentTypeParser('*', (_request, _payload, done) => done(null))
    const prefix = `${proxy.prefix}/proxy/`
    for (const url of [ROOT, ROUTE]) {
      proxy.route<{ Params: Static<typeof Params> }>({
        method: methods,
        url,
        exposeHeadRoute: false,
        schema: {
          summary: 'Sends a request to the outside service with the login of the caller',
          description:
            "Path and query go on as they are, with what the profile injects; X-Target-Origin names another of its allowed_origins. The answer is the target's, without its cookies.",
          tags: ['proxy'],
          params: Params,
          hide: url === ROOT,
        },
        handler: async (request, reply) => {
          if (request.headers.upgrade?.toLowerCase() === 'websocket') throw upgradeRefused()
          const { sub } = requireUser(request)
          const { service_id } = request.params
          const target = targetPath(request.raw.url ?? '', prefix)
          const call: Call = {
            request: request.raw,
            reply,
            body: CallerBody.of(request.raw, room),
            sub,
            service_id,
            target,
            proxyPath: `${prefix}${service_id}`,
          }
          if (call.body !== undefined) reply.raw.once('close', () => call.body?.discard())
          await exchange(call, deps)
        },
      })
    }
  })
}
