import type { IncomingMessage } from 'node:http'
import type { FastifyReply } from 'fastify'
import type { CallerBody } from './caller-body.ts'

/** One request of an agent, whatever it takes to have it answered. */
export interface Call {
  request: IncomingMessage
  reply: FastifyReply
  /** Undefined: it has none. */
  body: CallerBody | undefined
  sub: string
  service_id: string
  /** Path and query behind the service's id, as they came. */
  target: string
  /** The path that leads to the root of the target. */
  proxyPath: string
}
