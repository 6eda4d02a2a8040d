import { isIP } from 'node:net'
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

/** The gateway, our only peer, writes whom it saw behind what it was told, so only the last address is its own word. */
function addressOf(request: FastifyRequest): string {
  const told = String(request.headers['x-forwarded-for'] ?? '')
    .split(',')
    .at(-1)
    ?.trim()
  return told !== undefined && isIP(told) !== 0 ? told : request.ip
}
