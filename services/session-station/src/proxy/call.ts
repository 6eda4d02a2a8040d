import type { IncomingMessage } from 'node:http'
import type { FastifyReply } from 'fastify'
import type { Contexts } from '../contexts/contexts.ts'
import type { Egress } from '../egress/egress.ts'
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

/** What it takes to answer one. */
export interface ProxyDeps {
  contexts: Pick<Contexts, 'find' | 'mayRenew' | 'renewAfter' | 'forgetDeaths' | 'keepCookies'>
  egress: Pick<Egress, 'dispatcher'>
}
