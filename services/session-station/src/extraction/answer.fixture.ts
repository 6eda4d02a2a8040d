import type { EgressAnswer } from '../egress/egress.ts'
import type { ExtractionRule } from '../profiles/profile.ts'
import { extract, type Source } from './extraction.ts'

export const NOW = Date.parse('2026-03-01T00:00:00Z')

export function answer(
  body: string | Uint8Array,
  type: string | undefined = 'application/json',
  headers: EgressAnswer['headers'] = [],
): EgressAnswer {
  return {
    url: new URL('https://target.example/login'),
    status: 200,
    headers: type === '' ? headers : [['content-type', type], ...headers],
    body: Buffer.from(body),
  }
}

/** What one rule finds in one answer. */
export function found(
  rule: { source: ExtractionRule['source'] } & Partial<ExtractionRule>,
  given: EgressAnswer,
  source: Partial<Source> = {},
): string | undefined {
  const whole: ExtractionRule = { name: 'field', key_path: undefined, value: undefined, ...rule }
  const { fields, faults } = extract([whole], {
    answers: [given],
    cookie: () => undefined,
    now: NOW,
    used: new Set(),
    ...source,
  })
  // A value or a fault, never both, never neither.
  if ('field' in fields === faults.includes('field')) throw new Error('a value and a fault exclude one another')
  return fields.field
}
