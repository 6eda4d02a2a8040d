import type { InjectionRule } from '@munjigi/contracts/auth-profiles'
import type { Static } from 'typebox'
import { fieldsOf } from './template.ts'

/** Names of the fields that later requests carry. */
export const usedFields = (rules: readonly Static<typeof InjectionRule>[]): ReadonlySet<string> =>
  new Set(rules.flatMap((rule) => [rule.source_field, ...fieldsOf(rule.value_template)]))
