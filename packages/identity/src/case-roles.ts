import type { CaseRole } from '@munjigi/contracts/case-roles'
import { Problem } from '@munjigi/problem'
import type { preHandlerAsyncHookHandler } from 'fastify'
import { assertKnownPermission, holdsPermission, permissionRequired, requirePlatformUser } from './permissions.ts'
import { isAdminRole } from './roles.ts'
import type { UserContext } from './user-context.ts'

/** One way to be allowed: the permission, where one is named, and any of these roles in the case. */
export interface CaseNeed {
  readonly permission?: string
  readonly roles: readonly CaseRole[]
}

export interface CaseRoleSource {
  /** The user's role in this case as it is now (DESIGN §4.4: asked live, not read from the token). */
  roleIn(user: UserContext, caseId: string): Promise<CaseRole | undefined>
  /** The path parameter that names the case; `case_id` unless said. */
  param?: string
}

const caseRoleRequired = (roles: readonly CaseRole[]) =>
  new Problem(403, 'case-role-required', 'A role in this case is missing', {
    detail: `Case role ${roles.map((role) => `'${role}'`).join(' or ')} required`,
  })

/**
 * A preHandler that lets through whom any of `needs` allows in the case that the path names, and every admin: else 403
 * `permission-required`, `case-role-required` or `platform-token-required`. Roles are asked only of who has a permission.
 */
export function requireCaseRole(
  needs: CaseNeed | readonly [CaseNeed, ...CaseNeed[]],
  { roleIn, param = 'case_id' }: CaseRoleSource,
): preHandlerAsyncHookHandler {
  const ways = [needs].flat() as [CaseNeed, ...CaseNeed[]]
  for (const { permission } of ways) if (permission !== undefined) assertKnownPermission(permission)
  const allow: preHandlerAsyncHookHandler = async (request) => {
    const user = requirePlatformUser(request)
    if (isAdminRole(user.role ?? '')) return
    const open = ways.filter(({ permission }) => permission === undefined || holdsPermission(user, permission))
    if (open.length === 0) throw permissionRequired(ways[0].permission as string)
    const caseId = (request.params as Record<string, string | undefined>)[param]
    if (caseId === undefined) throw new Error(`the route has no parameter ${param}`)
    const role = await roleIn(user, caseId)
    const roles = open.flatMap((way) => way.roles)
    if (role === undefined || !roles.includes(role)) throw caseRoleRequired([...new Set(roles)])
  }
  const demands = ways.map(({ permission, roles }) => ({
    ...(permission !== undefined && { 'x-permission': permission }),
    'x-case-role': roles,
  }))
  return Object.assign(allow, { openapi: demands.length === 1 ? demands[0] : { 'x-any-of': demands } })
}
