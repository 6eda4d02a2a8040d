import { once } from 'node:events'
import { type AddressInfo, connect } from 'node:net'
import { text } from 'node:stream/consumers'
import type { Injection } from '@munjigi/contracts/auth-contexts'
import { platformIssuer } from '@munjigi/identity/issuers'
import { identity } from '@munjigi/identity/user-context'
import { createVerifier } from '@munjigi/identity/verifier'
import { createServer } from '@munjigi/server/create-server'
import { testIssuer } from '@munjigi/testing/issuer'
import type { Context } from '../contexts/context.ts'
import { parseAllowed } from '../egress/allowed-ranges.ts'
import { createEgress } from '../egress/create-egress.ts'
import { flatHeaders } from '../injection/injections.ts'
import type { ProxyDeps } from './call.ts'
import { proxyRoutes } from './proxy-routes.ts'

const PREFIX = '/api/session-station/v1'
const SUB = 'person-1'

interface Given {
  origins: string[]
  fields?: Context['fields']
  jar?: string
  injections?: (Omit<Injection, 'required'> & { required?: boolean })[]
  expired?: Context['proxy']['expired']
}

/** A login as it lies in the cache. */
export function contextOf({ origins, injections = [], expired, ...given }: Given): Context {
  const whole = injections.map((injection) => ({ required: false, ...injection }))
  return {
    profile_id: 1,
    generation: 1,
    login_number: 1,
    fields: {},
    origins,
    obtained_at: Date.now(),
    due_at: Date.now() + 3_000_000,
    made_by: 'login',
    deaths: 0,
    expires_at: Date.now() + 3_600_000,
    ...given,
    injections: whole,
    headers: flatHeaders(whole),
    proxy: { origins, ...(expired && { expired }) },
  }
}

/** The proxy's routes on a real server, with contexts that the test lays down. */
export async function testProxy(first: Context) {
  const issuer = await testIssuer()
  const verifier = createVerifier({
    issuers: [platformIssuer({ issuer: issuer.issuer, audience: 'munjigi', jwksUri: issuer.jwksUri })],
  })
  const egress = createEgress({ allow: parseAllowed('127.0.0.1') })
  const state = { context: first, renewed: first, renewals: 0, kept: [] as { url: string; setCookies: string[] }[] }
  const contexts: ProxyDeps['contexts'] = {
    find: async () => ({ context: state.context, fromCache: true }),
    mayRenew: ({ deaths }) => deaths < 3,
    renewAfter: async () => {
      state.renewals += 1
      state.context = state.renewed
      return state.context
    },
    forgetDeaths: async () => {
      state.context = { ...state.context, deaths: 0 }
    },
    keepCookies: async (_sub, _service, _context, url, setCookies) => {
      state.kept.push({ url: url.href, setCookies })
    },
  }
  const app = createServer({ name: 'session-station', logLevel: 'silent' })
  app.register(
    async (v1) => {
      identity(v1, { verifier })
      proxyRoutes(v1, { contexts, egress })
    },
    { prefix: PREFIX },
  )
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as AddressInfo
  const credentials = { authorization: `Bearer ${issuer.token({ sub: SUB })}`, 'x-user-sub': SUB }

  return {
    app,
    contexts,
    state,
    port,
    pathOf: (path: string) => `${PREFIX}/proxy/demo${path}`,
    credentials,
    fetch: (path: string, init: RequestInit = {}) =>
      fetch(`http://127.0.0.1:${port}${PREFIX}/proxy/demo${path}`, {
        redirect: 'manual',
        ...init,
        headers: { ...credentials, ...(init.headers as Record<string, string>) },
      }),
    /** A request written as it stands, and all that comes back until the connection ends. */
    async raw(requestLine: string, headers: string[] = [], body = ''): Promise<string> {
      const socket = connect(port, '127.0.0.1')
      const lines = [
        requestLine,
        'host: session-station',
        'connection: close',
        `authorization: ${credentials.authorization}`,
        `x-user-sub: ${SUB}`,
        ...headers,
      ]
      socket.write(`${lines.join('\r\n')}\r\n\r\n${body}`)
      return text(socket)
    },
    /** An open connection on which `head` and the credentials have been sent. */
    async open(requestLine: string, headers: string[] = []) {
      const socket = connect(port, '127.0.0.1')
      await once(socket, 'connect')
      const lines = [requestLine, 'host: session-station', `authorization: ${credentials.authorization}`]
      socket.write(`${[...lines, `x-user-sub: ${SUB}`, ...headers].join('\r\n')}\r\n\r\n`)
      return socket
    },
    async close() {
      await egress.close()
      app.server.closeAllConnections()
      await app.close()
      verifier.close()
      await issuer.close()
    },
  }
}
