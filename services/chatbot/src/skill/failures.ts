import { Problem } from '@munjigi/problem'
import { type Language, texts } from './texts.ts'

const SAID = new Map<string, 'disabled' | 'pending'>([
  ['login-disabled', 'disabled'],
  ['account-disabled', 'disabled'],
  ['account-rejected', 'disabled'],
  ['tenant-suspended', 'disabled'],
  ['approval-pending', 'pending'],
])

/** Whether a new login is what helps: there is none, it has ended, or it is no longer taken. */
export const isForLogin = (error: unknown): boolean => error instanceof Problem && error.status === 401

/** What a person is told of what went wrong: what to do, and nothing of how it came. */
export function failureText(error: unknown, language: Language): string {
  const { refused, unavailable, ...text } = texts[language]
  if (!(error instanceof Problem)) return unavailable
  const said = SAID.get(error.type)
  if (said !== undefined) return text[said]
  return error.status === 403 ? refused : unavailable
}
