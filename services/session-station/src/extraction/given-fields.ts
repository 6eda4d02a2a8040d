import type { ExtractionRule } from '../profiles/profile.ts'
import { oneTimeCode } from './one-time-code.ts'

const GIVEN: ReadonlySet<string> = new Set(['fixed', 'basic', 'totp'] satisfies ExtractionRule['source'][])

/** Rules that ask no answer: every request may use them. */
export const isGiven = ({ source }: Pick<ExtractionRule, 'source'>): boolean => GIVEN.has(source)

/** What `fixed`, `basic` and `totp` rules give at `now` (epoch ms); a rule without a usable value gives nothing. */
export function givenFields(rules: readonly ExtractionRule[], now: number): Record<string, string> {
  const given = rules.map((rule) => [rule.name, givenValue(rule, now)] as const)
  return Object.fromEntries(given.filter((pair): pair is [string, string] => pair[1] !== undefined))
}

function givenValue(rule: ExtractionRule, now: number): string | undefined {
  // Source 004: a value that was entered in the wrong box of the form still counts. Empty text is a value.
  const fixed = rule.value ?? rule.key_path
  if (rule.source === 'fixed') return fixed === undefined ? undefined : String(fixed)
  if (rule.source === 'totp') return oneTimeCode(rule, now)?.code
  if (rule.source !== 'basic' || typeof rule.value !== 'string') return undefined
  return Buffer.from(rule.value, 'utf8').toString('base64')
}
