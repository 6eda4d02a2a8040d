/** What stands for a secret on the wire, and what is stored where one has to be entered. */
export type SecretMark = { $secret: 'set' | 'missing' }

export const SET: SecretMark = { $secret: 'set' }
export const MISSING: SecretMark = { $secret: 'missing' }

const soleMember = (value: unknown, name: string): unknown => {
  if (typeof value !== 'object' || value === null) return undefined
  const [only, ...others] = Object.entries(value)
  return only?.[0] === name && others.length === 0 ? only[1] : undefined
}

/** `{"$secret": …}` and `{"$template": …}`, whole or broken, stand for a value: they are no branch of a payload. */
export const isStandIn = (value: object): boolean =>
  Object.hasOwn(value, '$secret') || Object.hasOwn(value, '$template')

export function isMark(value: unknown): value is SecretMark {
  const state = soleMember(value, '$secret')
  return state === 'set' || state === 'missing'
}

export const isMissing = (value: unknown): boolean => isMark(value) && value.$secret === 'missing'

export const isTemplate = (value: unknown): value is { $template: string } =>
  typeof soleMember(value, '$template') === 'string'
