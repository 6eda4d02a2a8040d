import { isAdminRole } from '@munjigi/identity/roles'
import type { UserContext } from '@munjigi/identity/user-context'

/** Who may list a trace of their tenant and listen to it: its owner and the tenant's administrators. */
export const mayRead = ({ sub, role }: Pick<UserContext, 'sub' | 'role'>, trace: { owner_sub: string }): boolean =>
  sub === trace.owner_sub || isAdminRole(role ?? '')
