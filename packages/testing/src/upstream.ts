import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface SeenRequest {
  method: string
  url: string
  /** Pairs in the order and spelling in which they came. */
  rawHeaders: [name: string, value: string][]
  rawTrailers: [name: string, value: string][]
  body: string
}

export interface Upstream {
  url: string
  server: Server
  /** Every request whose body has arrived whole, oldest first. */
  requests: SeenRequest[]
  close(): Promise<void>
}

/** A real HTTP server on a free loopback port, which answers with `handler` and records what reached it. */
export async function testUpstream(handler: RequestListener): Promise<Upstream> {
  const requests: SeenRequest[] = []
  // Never closes an idle connection: after a pause of the process it would fail the request just sent.
  const server = createServer({ keepAliveTimeout: 0 }, (request, response) => {
    record(request, requests)
    handler(request, response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    server,
    requests,
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

/** The value of a header, its first where there are several; the name in lower case. */
export const headerOf = (request: SeenRequest | undefined, name: string): string | undefined =>
  request?.rawHeaders.find(([given]) => given.toLowerCase() === name)?.[1]

function record(request: IncomingMessage, requests: SeenRequest[]) {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () =>
    requests.push({
      method: request.method ?? '',
      url: request.url ?? '',
      rawHeaders: pairs(request.rawHeaders),
      rawTrailers: pairs(request.rawTrailers),
      body: Buffer.concat(chunks).toString('utf8'),
    }),
  )
}

function pairs(flat: string[]): [string, string][] {
  return flat.flatMap((name, index) => (index % 2 === 0 ? [[name, flat[index + 1] ?? ''] as [string, string]] : []))
}
