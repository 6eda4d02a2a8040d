import type { ProfileContent } from '@munjigi/contracts/auth-profiles'
import { extractionFaults, pathFault } from '../extraction/extraction-faults.ts'
import { isGiven } from '../extraction/given-fields.ts'
import { injectionFaults } from '../injection/injection-faults.ts'
import type { Fault } from './fault.ts'
import { allFields } from './known-fields.ts'

type Rule = ProfileContent['extraction_rules'][number]

/** What is wrong with the rules of a profile and with the times of its contexts, beyond what the schema says. */
export function ruleFaults(content: ProfileContent): Fault[] {
  const { extraction_rules: rules, injection_rules, expired, ttl, refresh_before_expire } = content
  const faults = rules.flatMap((rule, index) => extractionRuleFaults(rule, `extraction_rules.${index}`, content))
  const known = allFields(rules)
  for (const [index, rule] of injection_rules.entries())
    for (const { field, message } of injectionFaults(rule, known))
      faults.push({ field: `injection_rules.${index}.${field}`, message })
  const path = expired?.body && pathFault(expired.body.path)
  if (path) faults.push({ field: 'expired.body.path', message: path })
  if (refresh_before_expire >= ttl)
    faults.push({ field: 'refresh_before_expire', message: `must be less than ttl, which is ${ttl}` })
  return faults
}

function extractionRuleFaults(rule: Rule, at: string, { login_config: login }: ProfileContent): Fault[] {
  const { value, key_path } = rule
  const isEntered = value !== undefined && typeof value !== 'object'
  const plain = { source: rule.source, key_path: key_path ?? undefined, value: isEntered ? value : undefined }
  const faults = extractionFaults(plain).map(({ field, message }) => ({ field: `${at}.${field}`, message }))
  if (isGiven(rule) && !isEntered && (value === undefined || value === null))
    faults.push({ field: `${at}.value`, message: 'has to be given' })
  if (!isGiven(rule) && login.method === 'NONE')
    faults.push({ field: `${at}.source`, message: 'finds nothing: with method NONE nobody answers' })
  if (rule.step !== undefined && rule.step >= (login.steps?.length ?? 0))
    faults.push({
      field: `${at}.step`,
      message: `login_config has ${login.steps?.length ?? 0} steps; without step the last request is meant`,
    })
  return faults
}
