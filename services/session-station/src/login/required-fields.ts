import { buildInjections, InjectionError } from '../injection/injections.ts'
import { fieldsOf } from '../injection/template.ts'
import type { Profile } from '../profiles/profile.ts'
import type { Fields } from './filled.ts'
import { LoginError } from './login-error.ts'
import { answerRules } from './login-run.ts'

type Rule = Profile['injection_rules'][number]

const fieldsOfRule = ({ source_field, value_template }: Rule) => [source_field, ...fieldsOf(value_template)]

/** Whatever the injections read. */
export function injectedFields({ injection_rules }: Profile): Set<string> {
  return new Set(injection_rules.flatMap(fieldsOfRule))
}

/** Whether a login that found `found` has what it was made for. @throws LoginError where not. */
export function requireFields(profile: Profile, fields: Fields, found: string[]): void {
  for (const field of profile.injection_rules.filter(({ required }) => required).flatMap(fieldsOfRule)) {
    if (!Object.hasOwn(fields, field)) {
      throw new LoginError('bad-answer', `nothing was found for ${field}, which an injection requires`)
    }
  }
  if (found.length === 0 && answerRules(profile).length > 0) {
    throw new LoginError('bad-answer', 'none of the values to extract was found in the answer')
  }
  try {
    buildInjections(profile.injection_rules, fields)
  } catch (error) {
    if (error instanceof InjectionError) throw new LoginError('bad-answer', error.message)
    throw error
  }
}
