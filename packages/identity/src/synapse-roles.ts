import type { CaseRole } from '@munjigi/contracts/case-roles'

export type SynapseRole = 'admin' | 'case_editor' | 'case_viewer' | 'hitl_reviewer' | 'schema_editor' | 'schema_viewer'

interface SynapseRule {
  readonly role: SynapseRole
  /** Any of these system roles; of nothing said, any at all. */
  readonly system?: readonly string[]
  /** And any of these case roles; of nothing said, none is needed. */
  readonly inCase?: readonly CaseRole[]
  /** The source's own words. */
  readonly description: string
}

/** Source 003 §5.3, strongest first. Its `+` is an intersection: both must hold (decision 12). */
export const SYNAPSE_RULES: readonly SynapseRule[] = [
  { role: 'admin', system: ['admin'], description: '동일' },
  { role: 'case_editor', system: ['manager', 'attorney'], inCase: ['trustee'], description: '소속 케이스 편집' },
  { role: 'case_viewer', system: ['analyst', 'staff', 'viewer'], inCase: ['viewer'], description: '소속 케이스 읽기' },
  { role: 'hitl_reviewer', inCase: ['reviewer'], description: 'HITL 검토 전용' },
  { role: 'schema_editor', system: ['engineer'], description: '스키마 편집 전용' },
  { role: 'schema_viewer', description: '스키마 읽기 전용' },
]

const ofCases = new Set<SynapseRole>(['admin', 'case_editor', 'case_viewer', 'hitl_reviewer'])

/**
 * Which Synapse roles a system role has in a case. Pairs that §5.3 leaves out (a manager who only views, an analyst who is
 * trustee) read: §5.2 gives every case role that much, and every system role may read cases.
 */
export function synapseRoles(systemRole: string, caseRole: CaseRole | undefined): SynapseRole[] {
  const roles = new Set(SYNAPSE_RULES.filter((rule) => holds(rule, systemRole, caseRole)).map((rule) => rule.role))
  if (caseRole !== undefined && ![...roles].some((role) => ofCases.has(role))) roles.add('case_viewer')
  return SYNAPSE_RULES.map(({ role }) => role).filter((role) => roles.has(role))
}

const holds = ({ system, inCase }: SynapseRule, systemRole: string, caseRole: CaseRole | undefined): boolean =>
  (system?.includes(systemRole) ?? true) &&
  (inCase === undefined || (caseRole !== undefined && inCase.includes(caseRole)))
