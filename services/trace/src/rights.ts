import { isAdminRole } from '@munjigi/identity/roles'
import type { UserContext } from '@munjigi/identity/user-context'

export type Reader = Pick<UserContext, 'sub' | 'role' | 'tenantId'>

export interface Ownership {
  owner_sub: string
  /** Null where the owner came with a token of an issuer that knows no tenants. */
  tenant_id: string | null
}

/**
 * Who may list a trace and listen to it: its owner, an administrator of its tenant, and role ADMIN where it has none.
 * To other tenants it is `hidden`, as if it were not there.
 */
export function readingOf(reader: Reader, trace: Ownership): 'allowed' | 'refused' | 'hidden' {
  if (reader.sub === trace.owner_sub) return 'allowed'
  if (trace.tenant_id === null) return reader.role === 'ADMIN' ? 'allowed' : 'hidden'
  if (trace.tenant_id !== reader.tenantId) return 'hidden'
  return isAdminRole(reader.role ?? '') ? 'allowed' : 'refused'
}
