import { createServer } from '@munjigi/server/create-server'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { Agent, type Dispatcher } from 'undici'

/** What the proxy is compared with: the same server, and a handler that does nothing but pass a request on by undici. */
export function plainForward(origin: string): FastifyInstance {
  const app = createServer({ name: 'plain', logLevel: 'silent' })
  const agent = new Agent({ allowH2: false, pipelining: 1 })
  app.get('/*', (request, reply) => {
    reply.hijack()
    const { accept = '*/*', 'user-agent': agentName = 'bench' } = request.headers
    const headers = ['accept', accept, 'user-agent', agentName]
    agent.dispatch({ origin, path: request.raw.url ?? '/', method: 'GET', headers }, passingOn(reply))
  })
  app.addHook('onClose', () => agent.close())
  return app
}

function passingOn({ raw }: FastifyReply): Dispatcher.DispatchHandler {
  return {
    onRequestStart() {},
    onResponseStart(_controller, status, headers) {
      raw.writeHead(status, headers)
    },
    onResponseData(controller, chunk) {
      if (raw.write(chunk)) return
      controller.pause()
      raw.once('drain', () => controller.resume())
    },
    onResponseEnd() {
      raw.end()
    },
    onResponseError() {
      raw.destroy()
    },
  }
}
