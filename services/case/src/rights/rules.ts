import { CASE_ROLES, type CaseRole } from '@munjigi/contracts/case-roles'

/** One way to be allowed: a permission, and, of a case, one of these roles in it. */
interface Way {
  permission: string
  roles: readonly CaseRole[]
}

const ANY = CASE_ROLES
const READING: [Way] = [{ permission: 'case:read', roles: ANY }]
const WRITING: [Way] = [{ permission: 'case:write', roles: ['trustee'] }]

/** What asks for a permission alone: either no case is named, or its roles do not count. */
export const BY_PERMISSION = {
  'create-case': 'case:create',
  'list-cases': 'case:read',
  'delete-case': 'case:delete',
} as const

/** What asks for a role in the case besides (DESIGN §4.4). admin and ADMIN pass all; PENDING has no permission and passes none. */
export const BY_CASE_ROLE = {
  'read-case': READING,
  'change-case': WRITING,
  'close-case': WRITING,
  'reopen-case': WRITING,
  'read-members': READING,
  'assign-member': WRITING,
  'withdraw-member': WRITING,
  'read-documents': READING,
  'add-document': WRITING,
  'write-document': WRITING,
  'delete-document': WRITING,
  'read-approvals': READING,
  'ask-approval': WRITING,
  'decide-approval': [
    { permission: 'case:read', roles: ['reviewer'] },
    { permission: 'process:approve', roles: ANY },
  ],
} as const satisfies Record<string, [Way, ...Way[]]>

export type CaseAction = keyof typeof BY_CASE_ROLE
