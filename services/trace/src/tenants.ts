import { createHash } from 'node:crypto'
import type { UserContext } from '@munjigi/identity/user-context'

/**
 * Where a caller's traces stand, in the order in which they are looked for: in the tenant of the token, and in one of
 * the caller's own, for what was begun under a token that knows no tenants (Keycloak's).
 */
export function tenantsOf({ sub, tenantId }: Pick<UserContext, 'sub' | 'tenantId'>): [string, ...string[]] {
  const own = tenantOfOne(sub)
  return tenantId === undefined ? [own] : [tenantId, own]
}

/** Version 8 (RFC 9562 §5.8): no tenant's UUID is of it. */
function tenantOfOne(sub: string): string {
  const hex = createHash('sha256').update(sub).digest('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}
