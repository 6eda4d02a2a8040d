import { Problem } from '@munjigi/problem'
import type { FastifyRequest, preHandlerAsyncHookHandler } from 'fastify'
import { isAdminRole, PERMISSIONS } from './roles.ts'
import { platformTokenRequired, requireUser, type UserContext } from './user-context.ts'

/** 403, worded as source 003 §2.4 words it. */
export const permissionRequired = (permission: string) =>
  new Problem(403, 'permission-required', 'A permission is missing', { detail: `Permission '${permission}' required` })

/** The user with rights of ours; @throws Problem 403 for a token of another issuer, which carries none. */
export function requirePlatformUser(request: FastifyRequest): UserContext {
  const user = requireUser(request)
  if (!user.token.issuer.isPlatform) throw platformTokenRequired()
  return user
}

/** Admins hold every permission, whatever their token lists (source 003 §2.4). */
export const holdsPermission = (user: UserContext, permission: string): boolean =>
  user.permissions.has(permission) || isAdminRole(user.role ?? '')

/** A misspelt permission would shut a route for everybody: it stops the start instead. */
export function assertKnownPermission(permission: string): void {
  if (!PERMISSIONS.includes(permission)) throw new Error(`there is no permission ${permission}`)
}

/** A preHandler that lets through who holds the permission: 403 `permission-required` or `platform-token-required`. */
export function requirePermission(permission: string): preHandlerAsyncHookHandler {
  assertKnownPermission(permission)
  const allow: preHandlerAsyncHookHandler = async (request) => {
    if (!holdsPermission(requirePlatformUser(request), permission)) throw permissionRequired(permission)
  }
  return Object.assign(allow, { openapi: { 'x-permission': permission } })
}
