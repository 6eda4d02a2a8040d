import type { ProfileContent } from '@munjigi/contracts/auth-profiles'
import { isGiven } from '../extraction/given-fields.ts'

type Rules = ProfileContent['extraction_rules']

export const allFields = (rules: Rules): ReadonlySet<string> => new Set(rules.map(({ name }) => name))

/** Fields that a request at `path` can be filled with: what is given, and what answers before it have brought. */
export function fieldsAt(rules: Rules, path: readonly (string | number)[]): ReadonlySet<string> {
  if (path[0] === 'refresh_config') return allFields(rules)
  const before = path[1] === 'steps' ? Number(path[2]) : Number.POSITIVE_INFINITY
  return allFields(rules.filter((rule) => isGiven(rule) || (rule.step !== undefined && rule.step < before)))
}
