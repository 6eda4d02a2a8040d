import { once } from 'node:events'
import { createServer, request as httpRequest, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'

/** A request by what it is for: the grant at the token endpoint, elsewhere the end of the path. */
type ProviderCall =
  | 'refresh_token'
  | 'authorization_code'
  | 'client_credentials'
  | 'token-exchange'
  | 'revoke'
  | 'logout'
  | 'userinfo'
  | 'certs'
  | 'openid-configuration'

/**
 * What a bad day does to a request: `frozen` never answers and asks nobody; `cut` resets the connection and asks nobody;
 * `lost` lets the provider do it and resets the connection in place of its answer; an answer stands in the provider's place;
 * `before` is awaited before the provider is asked, `after` when it has answered and the caller does not know yet.
 */
type Fault =
  | 'frozen'
  | 'cut'
  | 'lost'
  | { status: number; body: string; type?: string }
  | { before?: () => Promise<unknown>; after?: () => Promise<unknown> }

interface Seen {
  call: string
  form: URLSearchParams
  /** The provider's, once it has answered. */
  status?: number
}

export interface ProviderProxy {
  /** Where clients reach the provider, without a slash at its end; tokens and discovery name the provider's own address. */
  readonly url: string
  /** What came, oldest first. */
  readonly requests: Seen[]
  /** How often it was asked for, whatever became of it. */
  count(call: ProviderCall): number
  /** Befalls the next of these requests that nothing else is laid up for: `next('refresh_token', 'lost')`. */
  next(call: ProviderCall, fault: Fault): void
  /** Befalls all of them, or with `anything` whatever comes, until called without a fault. */
  always(call: ProviderCall | 'anything', fault?: Fault): void
  close(): Promise<void>
}

/** An HTTP reverse proxy before an identity provider, which counts and can have bad days. */
export async function providerProxy(issuer: string): Promise<ProviderProxy> {
  const requests: Seen[] = []
  const upcoming: { call: string; fault: Fault }[] = []
  const lasting = new Map<string, Fault>()

  const faultFor = (call: string): Fault => {
    const index = upcoming.findIndex((next) => next.call === call)
    if (index >= 0) return (upcoming.splice(index, 1)[0] as { fault: Fault }).fault
    return lasting.get(call) ?? lasting.get('anything') ?? {}
  }

  const forward = async (fault: Exclude<Fault, 'frozen'>, seen: Seen, request: IncomingMessage, body: Buffer) => {
    if (fault === 'cut') return undefined
    if (fault !== 'lost' && 'status' in fault) return answerOf(fault)
    const hooks = fault === 'lost' ? {} : fault
    await hooks.before?.()
    const answer = await ask(issuer, request, body)
    if (answer !== undefined) seen.status = answer.status
    await hooks.after?.()
    return fault === 'lost' ? undefined : answer
  }

  // Never closes an idle connection: after a pause of the process it would fail the request just sent.
  const server = createServer({ keepAliveTimeout: 0 }, async (request, response) => {
    const body = await buffer(request).catch(() => undefined)
    if (body === undefined) return
    const seen = callOf(request, body)
    requests.push(seen)
    const fault = faultFor(seen.call)
    if (fault === 'frozen') return
    const answer = await forward(fault, seen, request, body)
    if (answer === undefined) request.socket.resetAndDestroy()
    else response.writeHead(answer.status, answer.headers).end(answer.body)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    count: (call) => requests.filter((request) => request.call === call).length,
    next: (call, fault) => void upcoming.push({ call, fault }),
    always: (call, fault) => void (fault === undefined ? lasting.delete(call) : lasting.set(call, fault)),
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

function callOf({ url = '/' }: IncomingMessage, body: Buffer): Seen {
  const form = new URLSearchParams(body.toString('utf8'))
  const path = url.split('?', 1)[0] as string
  const grant = path.endsWith('/token') ? form.get('grant_type')?.split(':').at(-1) : undefined
  return { call: grant ?? path.slice(path.lastIndexOf('/') + 1), form }
}

const answerOf = ({ status, body, type = 'application/json' }: { status: number; body: string; type?: string }) => ({
  status,
  headers: { 'content-type': type },
  body,
})

/** The provider's answer, whole; undefined where there is none. */
async function ask(issuer: string, { method, url, headers }: IncomingMessage, body: Buffer) {
  const { host, hostname, port } = new URL(issuer)
  try {
    // A connection of its own: one kept alive may be closed just as it is used again.
    const options = {
      hostname,
      port,
      method,
      path: url,
      headers: { ...headers, host, connection: 'close' },
      agent: false,
    }
    const [answer] = (await once(httpRequest(options).end(body), 'response')) as [IncomingMessage]
    const text = await buffer(answer)
    const { 'transfer-encoding': _, connection: __, ...kept } = answer.headers
    return { status: answer.statusCode as number, headers: { ...kept, 'content-length': text.length }, body: text }
  } catch {
    return undefined
  }
}
