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

/**
 * The gateway, our only peer, writes whom it saw, alone; or, where that is a proxy it trusts, behind what the proxy wrote, whose
 * own word is the last of it. What stands before may be the caller's invention.
 */
function addressOf(request: FastifyRequest): string {
  const chain = String(request.headers['x-forwarded-for'] ?? '').split(',')
  const told = chain.at(chain.length > 1 ? -2 : -1)?.trim()
  return told !== undefined && isIP(told) !== 0 ? told : request.ip
}
