import type { IncomingMessage, ServerResponse } from 'node:http'
import { discoveryDocument, PATHS } from './discovery.ts'
import { answer, type Endpoint } from './endpoint.ts'
import { introspectionEndpoint } from './endpoints/introspection.ts'
import { logoutEndpoint } from './endpoints/logout.ts'
import { revocationEndpoint } from './endpoints/revocation.ts'
import { userinfoEndpoint } from './endpoints/userinfo.ts'
import { tokenEndpoint } from './grants/token-endpoint.ts'
import type { Idp } from './idp.ts'
import { askConsentForOffline, authorizationProvider } from './sign-in/authorization.ts'
import { loginHandler } from './sign-in/login.ts'

type Handler = (req: IncomingMessage, res: ServerResponse) => unknown

/** All that is served, by method and path below the issuer; anything else is 404. */
export function router(idp: Idp): (req: IncomingMessage, res: ServerResponse) => Promise<void> {
  const handlers = handlersOf(idp)
  const base = new URL(idp.issuer).pathname
  const find = (req: IncomingMessage) => {
    const path = (req.url ?? '/').split('?', 1)[0] as string
    if (!path.startsWith(base)) return undefined
    // An authorisation goes on at its own path once somebody has signed in.
    const key = path.slice(base.length).replace(/(?<=^\/protocol\/openid-connect\/auth\/)[^/]+$/, '*')
    return handlers[`${req.method} ${key}`]
  }

  return async (req, res) => {
    const handler = find(req)
    if (handler === undefined) {
      res.writeHead(404, { 'content-type': 'application/json' }).end('{"error":"HTTP 404 Not Found"}')
      return
    }
    try {
      await handler(req, res)
    } catch (error) {
      process.stderr.write(`dev-idp: ${error instanceof Error ? error.stack : error}\n`)
      if (!res.headersSent) res.writeHead(500)
      res.end()
    }
  }
}

function handlersOf(idp: Idp): Record<string, Handler> {
  const provider = authorizationProvider(idp)
  const authorize = provider.callback()
  const login = loginHandler(idp, provider)
  const at =
    (endpoint: Endpoint): Handler =>
    (req, res) =>
      answer(endpoint, req, res)

  return {
    'GET /.well-known/openid-configuration': at(() => ({ status: 200, body: discoveryDocument(idp) })),
    [`GET ${PATHS.certs}`]: at(() => ({
      status: 200,
      headers: { 'cache-control': 'no-cache' },
      body: idp.keys.published(),
    })),
    [`POST ${PATHS.token}`]: at(tokenEndpoint(idp)),
    [`POST ${PATHS.introspection}`]: at(introspectionEndpoint(idp)),
    [`GET ${PATHS.userinfo}`]: at(userinfoEndpoint(idp)),
    [`POST ${PATHS.userinfo}`]: at(userinfoEndpoint(idp)),
    [`POST ${PATHS.revocation}`]: at(revocationEndpoint(idp)),
    [`GET ${PATHS.logout}`]: at(logoutEndpoint(idp)),
    [`POST ${PATHS.logout}`]: at(logoutEndpoint(idp)),
    'GET /login-actions/authenticate': login,
    'POST /login-actions/authenticate': login,
    [`GET ${PATHS.authorization}`]: (req, res) => {
      req.url = askConsentForOffline(req.url ?? '/')
      return authorize(req, res)
    },
    [`GET ${PATHS.authorization}/*`]: authorize,
    // A sign-in as somebody else under a living session ends that one first.
    [`POST ${PATHS.logout}/confirm`]: authorize,
  }
}
