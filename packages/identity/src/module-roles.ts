import type { CaseRole } from '@munjigi/contracts/case-roles'
import { CASE_RIGHTS, type ModuleName, type ModuleRight, SYSTEM_RIGHTS } from './module-rights.ts'
import { SYSTEM_ROLES } from './roles.ts'
import { type SynapseRole, synapseRoles } from './synapse-roles.ts'

interface HeldInModule {
  /** Sorted; `all` stands for every one of the module. */
  capabilities: string[]
  /** The source's words for the system role and, in a case, for the case role. */
  descriptions: string[]
}

type ModuleRoles = Record<ModuleName, HeldInModule> & { synapse: { roles: SynapseRole[] } }

/** DESIGN §4.4: USER has what staff has, ADMIN what admin has; PENDING and roles unknown have nothing. */
const SYSTEM_ROLE_OF: ReadonlyMap<string, (typeof SYSTEM_ROLES)[number]> = new Map([
  ...SYSTEM_ROLES.map((role) => [role, role] as const),
  ['USER', 'staff'],
  ['ADMIN', 'admin'],
])

/**
 * What a user may do in each module (source 003 §5), in the case where one is named. `caseRoles` are the token's, or those
 * asked of user live, which they must be where the token's are undefined.
 */
export function moduleRoles(
  user: { role: string | undefined; caseRoles: ReadonlyMap<string, CaseRole> },
  caseId?: string,
): ModuleRoles {
  const system = SYSTEM_ROLE_OF.get(user.role ?? '')
  const caseRole = system === undefined || caseId === undefined ? undefined : user.caseRoles.get(caseId)
  const held = (module: ModuleName): HeldInModule => {
    const ofSystem = system && SYSTEM_RIGHTS[system][module]
    const ofCase = caseRole && (module === 'vision' || module === 'synapse') ? CASE_RIGHTS[caseRole][module] : undefined
    return combined(ofSystem, ofCase)
  }
  return {
    canvas: held('canvas'),
    vision: held('vision'),
    synapse: { ...held('synapse'), roles: system === undefined ? [] : synapseRoles(system, caseRole) },
    oracle: held('oracle'),
    weaver: held('weaver'),
  }
}

/** What is only for own cases needs both; a case role's reading, reviewing and approving are its own. */
function combined(system: ModuleRight | undefined, inCase: ModuleRight | undefined): HeldInModule {
  const rights = [system, inCase].filter((right) => right !== undefined)
  const both = system?.inOwnCases?.filter((capability) => inCase?.inOwnCases?.includes(capability)) ?? []
  const capabilities = new Set([...rights.flatMap((right) => right.capabilities), ...both])
  return { capabilities: [...capabilities].sort(), descriptions: rights.map(({ description }) => description) }
}
