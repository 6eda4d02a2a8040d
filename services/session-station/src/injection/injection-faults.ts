import type { InjectionRule } from '@munjigi/contracts/auth-profiles'
import type { Static } from 'typebox'
import { keyFault, valueFault } from './injections.ts'
import { templateFaults } from './template.ts'

/** What is wrong with a rule when it is saved; `known` are the names of all extraction rules. */
export function injectionFaults(
  rule: Static<typeof InjectionRule>,
  known: ReadonlySet<string>,
): { field: string; message: string }[] {
  const faults = templateFaults(rule.value_template, known).map(({ position, message }) => ({
    field: 'value_template',
    message: `character ${position}: ${message}`,
  }))
  if (!known.has(rule.source_field))
    faults.push({ field: 'source_field', message: `there is no extraction rule named ${rule.source_field}` })
  const key = keyFault(rule.target, rule.key)
  if (key) faults.push({ field: 'key', message: key })
  const value = valueFault(rule.target, rule.key, rule.value_template)
  if (value) faults.push({ field: 'value_template', message: value })
  return faults
}
