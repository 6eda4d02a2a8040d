import { once } from 'node:events'
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestIssuer } from '@munjigi/testing/issuer'
import type { TestUser } from '@munjigi/testing/user'

/** What the gateway takes for the user service: keys, the internal contract, and an echo for the rest. */
export async function userFront(platform: TestIssuer, user: TestUser) {
  const server = createServer({ keepAliveTimeout: 0 }, (request, response) => {
    if (request.url === '/.well-known/jwks.json') response.end(JSON.stringify({ keys: platform.publishedKeys }))
    else if (request.url?.startsWith('/internal/')) passTo(user.url, request, response)
    else response.end('user')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

function passTo(origin: string, request: IncomingMessage, response: ServerResponse): void {
  const { method, headers, url } = request
  const onward = httpRequest(`${origin}${url}`, { method: method as string, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers)
    answer.pipe(response)
  })
  onward.on('error', () => response.destroy())
  request.pipe(onward)
}
