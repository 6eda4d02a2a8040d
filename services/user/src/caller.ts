import { isIP } from 'node:net'
import { X_REAL_IP } from '@munjigi/contracts/headers'
import type { FastifyRequest } from 'fastify'

const MAX_USER_AGENT = 512

/** Who is at the other end of a request, as sessions and the audit log keep it. */
export interface Caller {
  address: string
  user_agent: string
  request_id: string
}

export const callerOf = (request: FastifyRequest): Caller => ({
  address: addressOf(request),
  user_agent: (request.headers['user-agent'] ?? '').slice(0, MAX_USER_AGENT),
  request_id: request.id,
})

/** As the gateway says, whose peer may be a proxy; this service's own peer where somebody comes around the gateway. */
function addressOf({ headers, ip }: FastifyRequest): string {
  const told = headers[X_REAL_IP]
  return typeof told === 'string' && isIP(told) !== 0 ? told : ip
}
