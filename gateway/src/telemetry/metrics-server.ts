import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Gateway } from '../app.ts'

/** `/metrics` on a port of its own, which is not for the outside. */
export function createMetricsServer(gateway: Gateway): Server {
  const server = createServer((request, response) => {
    if (request.url !== '/metrics') {
      response.writeHead(404).end()
      return
    }
    gateway.metrics().then(
      (text) => response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }).end(text),
      (error) => {
        gateway.app.log.error({ err: error }, 'metrics failed')
        response.writeHead(500).end()
      },
    )
  })
  return server.on('listening', () => {
    const { address, port } = server.address() as AddressInfo
    gateway.app.log.info(`figures at http://${address}:${port}/metrics`)
  })
}
