import { isAdminRole } from '@munjigi/identity/roles'
import { platformTokenRequired, requireUser } from '@munjigi/identity/user-context'
import type { FastifyRequest } from 'fastify'

export interface Caller {
  sub: string
  tenantId: string
  /** Whether they may do everything in their tenant. */
  isAdmin: boolean
}

/** Who calls, by a token of ours: only these name a tenant. */
export function callerOf(request: FastifyRequest): Caller {
  const { sub, tenantId, role } = requireUser(request)
  if (tenantId === undefined) throw platformTokenRequired()
  return { sub, tenantId, isAdmin: isAdminRole(role ?? '') }
}
