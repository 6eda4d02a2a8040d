import { withTenant } from '@munjigi/db/tenant'
import { requireCaseRole } from '@munjigi/identity/case-roles'
import { requirePermission } from '@munjigi/identity/permissions'
import { platformTokenRequired, type UserContext } from '@munjigi/identity/user-context'
import type { preHandlerAsyncHookHandler } from 'fastify'
import type { Kysely } from 'kysely'
import type { RememberedRoles } from '../case-roles/remembered-roles.ts'
import { caseStore } from '../cases/case-store.ts'
import { caseNotFound } from '../problems.ts'
import type { Tables } from '../tables.ts'
import { BY_CASE_ROLE, BY_PERMISSION, type CaseAction } from './rules.ts'

/** A preHandler for each action; those on a case read the path parameter `case_id`. */
export type Guards = Record<keyof typeof BY_PERMISSION | CaseAction, preHandlerAsyncHookHandler>

export function guardsOf(db: Kysely<Tables>, roles: RememberedRoles): Guards {
  /** Who has no role learns whether the case is there; what another tenant has is not. */
  async function roleIn({ sub, tenantId }: UserContext, caseId: string) {
    if (tenantId === undefined) throw platformTokenRequired()
    const role = (await roles.rolesOf(sub)).get(caseId)
    if (role === undefined && !(await withTenant(db, tenantId, (trx) => caseStore(trx, tenantId).find(caseId))))
      throw caseNotFound()
    return role
  }
  const byPermission = Object.entries(BY_PERMISSION).map(([action, permission]) => [
    action,
    requirePermission(permission),
  ])
  const byCaseRole = Object.entries(BY_CASE_ROLE).map(([action, needs]) => [action, requireCaseRole(needs, { roleIn })])
  return Object.fromEntries([...byPermission, ...byCaseRole])
}
