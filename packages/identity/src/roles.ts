/** The seven roles of source 003 §2.1, in the order of its matrix. */
export const SYSTEM_ROLES = ['admin', 'manager', 'attorney', 'analyst', 'engineer', 'staff', 'viewer'] as const

/** The three roles of source 000. PENDING waits for approval and may do nothing. */
const PLATFORM_ROLES = ['PENDING', 'USER', 'ADMIN'] as const

/** Every role there is; permissions are by `permissionsOf`. */
export const ROLES = [...SYSTEM_ROLES, ...PLATFORM_ROLES] as const

/** Source 003 §2.3, row by row: O may, X may not, columns as in SYSTEM_ROLES. */
const MATRIX = `
case:create        O O X X X X X
case:read          O O O O O O O
case:write         O O O X X X X
case:delete        O X X X X X X
process:initiate   O O O X X X X
process:submit     O O O O X O X
process:approve    O O X X X X X
agent:chat         O O O O O O X
agent:feedback     O O O O X X X
watch:manage       O O O X X O X
mcp:configure      O O X X X X X
user:manage        O O X X X X X
tenant:manage      O X X X X X X
olap:query         O O O O O O O
olap:manage        O X X X X X X
nl2sql:query       O O O O O O X
datasource:manage  O X X X O X X
datasource:read    O O O O O O O
ontology:manage    O X X X O X X
ontology:read      O O O O O O O
schema:edit        O X X X O X X
schema:read        O O O O O O O
`
const rows = MATRIX.trim()
  .split('\n')
  .map((line) => line.split(/\s+/))

/** Every permission there is, in the order of the source's matrix. */
export const PERMISSIONS: readonly string[] = rows.map(([permission]) => permission as string)

const granted = new Map<string, readonly string[]>(
  SYSTEM_ROLES.map((role, column) => [
    role,
    rows.filter((row) => row[column + 1] === 'O').map(([permission]) => permission as string),
  ]),
)
// DESIGN §4.4: USER has staff's permissions, ADMIN all.
granted.set('PENDING', [])
granted.set('USER', granted.get('staff') ?? [])
granted.set('ADMIN', PERMISSIONS)

/** The permissions that a role brings; none for a role that is not known. */
export const permissionsOf = (role: string): readonly string[] => granted.get(role) ?? []

/** Roles with every permission. */
export const isAdminRole = (role: string): boolean => role === 'ADMIN' || role === 'admin'
