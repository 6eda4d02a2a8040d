import { isGiven } from '../extraction/given-fields.ts'
import { buildInjections, InjectionError } from '../injection/injections.ts'
import { usedFields } from '../injection/used-fields.ts'
import type { Profile } from '../profiles/profile.ts'
import type { Fields } from './filled.ts'
import { LoginError } from './login-error.ts'

/** In characters, of all values that a login has. */
const MAX_FIELDS_LENGTH = 131_072

/** Whether a login that found `found` has what it was made for. @throws LoginError where not. */
export function requireFields(profile: Profile, fields: Fields, found: string[]): void {
  for (const field of usedFields(profile.injection_rules.filter(({ required }) => required))) {
    if (!Object.hasOwn(fields, field)) {
      throw new LoginError('bad-answer', `nothing was found for ${field}, which an injection requires`)
    }
  }
  const characters = Object.values(fields).reduce((sum, value) => sum + value.length, 0)
  if (characters > MAX_FIELDS_LENGTH) {
    throw new LoginError('bad-answer', `more than ${MAX_FIELDS_LENGTH} characters were extracted`)
  }
  if (found.length === 0 && !profile.extraction_rules.every(isGiven)) {
    throw new LoginError('bad-answer', 'none of the values to extract was found in the answer')
  }
  try {
    buildInjections(profile.injection_rules, fields)
  } catch (error) {
    if (error instanceof InjectionError) throw new LoginError('bad-answer', error.message)
    throw error
  }
}
