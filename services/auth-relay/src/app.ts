import cookie from '@fastify/cookie'
import formbody from '@fastify/formbody'
import { createServer, type ServerOptions } from '@munjigi/server/create-server'
import { failurePage } from '@munjigi/server/failure-page'
import { openApi } from '@munjigi/server/openapi'
import type { FastifyError, FastifyInstance } from 'fastify'
import { callbackRoute } from './callback/callback-route.ts'
import type { RelayDeps } from './deps.ts'
import { failureText } from './failure-texts.ts'
import { malformedBySchema } from './fastapi-faults.ts'
import { issueRoute } from './links/issue-route.ts'
import { loginRoute } from './login/login-route.ts'
import { unlinkRoute } from './unlink/unlink-route.ts'

const FORM_LIMIT_BYTES = 16 * 1024

/** The relay, in a scope of its own under the path of BASE_URL: register it in any host made by createServer. */
export async function authRelayPlugin(app: FastifyInstance, deps: RelayDeps): Promise<void> {
  const { store, settings } = deps
  const answerFailure = failurePage(failureText)
  app.addReadyCheck('auth-relay-store', store.isAlive)
  await app.register(cookie)
  await app.register(formbody, { bodyLimit: FORM_LIMIT_BYTES })
  app.addHook('onRequest', async (_request, reply) => {
    reply.headers({ 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' })
  })
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const { validation, validationContext } = error
    return answerFailure(
      validation ? malformedBySchema(validation, validationContext, request.body) : error,
      request,
      reply,
    )
  })
  await openApi(app, `${settings.basePath}/openapi.json`, {
    title: 'auth-relay',
    description: 'Login links for chatbots, and the logins that come of them',
  })
  await app.register(
    async (scope) => {
      scope.get('/health', { schema: { hide: true } }, async () => ({ status: 'ok' }))
      scope.register(issueRoute, deps)
      scope.register(unlinkRoute, deps)
      loginRoute(scope, deps)
      callbackRoute(scope, deps)
    },
    { prefix: settings.basePath },
  )
}

/** The relay in a server of its own. */
export function buildApp(deps: RelayDeps, options: Omit<ServerOptions, 'name'> = {}): FastifyInstance {
  const app = createServer({ name: 'auth-relay', ...options })
  app.register(authRelayPlugin, deps)
  return app
}
