import { type Static, Type } from 'typebox'

/** What a person may be in one case (source 003 §2.2). */
export const CASE_ROLES = ['trustee', 'reviewer', 'viewer'] as const
export const CaseRole = Type.Enum(CASE_ROLES)
export type CaseRole = Static<typeof CaseRole>

const CaseId = Type.String({ pattern: '^[\\x21-\\x7e]{1,64}$' })
const Sub = Type.String({ minLength: 1, maxLength: 255 })

/** One case role of one person: what `GET case-roles?sub=` or `?case_id=` lists (DESIGN §4.6). */
export const CaseRoleGrant = Type.Object({ case_id: CaseId, sub: Sub, role: CaseRole })
export type CaseRoleGrant = Static<typeof CaseRoleGrant>

const strict = { additionalProperties: false }
const TenantId = Type.String({ format: 'uuid' })
/** Who does it, for the audit log; who grants themselves a role needs a case in which nobody has one. */
const Doer = Type.Optional(Sub)

/** `GET case-roles`: of one person, or in one case of a tenant. */
export const CaseRolesQuery = Type.Union([
  Type.Object({ sub: Sub }, strict),
  Type.Object({ case_id: CaseId, tenant_id: TenantId }, strict),
])

/** `PUT case-roles`: the person must be of `tenant_id`, else 404 `unknown-person`. */
export const NewCaseRole = Type.Object(
  { case_id: CaseId, sub: Sub, role: CaseRole, tenant_id: TenantId, actor: Doer },
  strict,
)
export type NewCaseRole = Static<typeof NewCaseRole>

/** `DELETE case-roles`: 204 also where there was nothing to withdraw. */
export const WithdrawnCaseRole = Type.Object({ case_id: CaseId, sub: Sub, actor: Doer }, strict)

/** A token carries so many case roles; of more it says `case_roles_ref: true` (DESIGN §4.3). */
export const MAX_CASE_ROLES_IN_TOKEN = 50
