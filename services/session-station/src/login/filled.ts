import { fieldsOf, fill, TemplateError } from '../injection/template.ts'
import { isTemplate } from '../profiles/marks.ts'
import type { LoginRequest, Tree, Value } from '../profiles/profile.ts'
import { LoginError } from './login-error.ts'

export type Fields = Record<string, string>
type Scalar = Exclude<Value, object> | null

/** @throws LoginError where a field is absent */
export function filledText(template: string, fields: Fields): string {
  try {
    return fill(template, fields)
  } catch (error) {
    throw error instanceof TemplateError ? new LoginError('bad-answer', error.message) : error
  }
}

export function filledValue(value: Value, fields: Fields): Scalar {
  return isTemplate(value) ? filledText(value.$template, fields) : value
}

export function filledTree(tree: Tree, fields: Fields): unknown {
  if (tree === null || typeof tree !== 'object') return tree
  if (isTemplate(tree)) return filledText(tree.$template, fields)
  if (Array.isArray(tree)) return tree.map((item) => filledTree(item, fields))
  return Object.fromEntries(Object.entries(tree).map(([name, item]) => [name, filledTree(item, fields)]))
}

/** The fields that a request is filled with, wherever in it. */
export function fieldsIn({ url, headers, query, userinfo, payload }: LoginRequest): Set<string> {
  const templates = [url, ...templatesIn([headers, query, userinfo ?? null, payload] as Tree)]
  return new Set(templates.flatMap(fieldsOf))
}

function templatesIn(tree: Tree): string[] {
  if (tree === null || typeof tree !== 'object') return []
  if (isTemplate(tree)) return [tree.$template]
  return Object.values(tree).flatMap(templatesIn)
}
