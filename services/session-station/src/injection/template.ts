/** What keeps a template from being used, or a value from being filled in; its message holds no value. */
export class TemplateError extends Error {}

// Python's str.format without attributes, indexes, conversions and formats, all of which are attacks (PROTOCOLS, Templates).
const PIECE = /\{\{|\}\}|\{([^{}]*)\}|[{}]/g
const NAME = /^[A-Za-z_][A-Za-z0-9_-]{0,63}$/
const PLAIN = /^(?:Bearer |Basic |Token |JWT )?(?:\{[A-Za-z_][A-Za-z0-9_-]{0,63}\})+$/
const FAULTS_TOLD = 10
/** In characters. */
const MAX_FILLED_LENGTH = 65_536

function nameFault(name: string, known: ReadonlySet<string> | undefined): string | undefined {
  if (name === '') return 'a field name is missing: {field}'
  if (/[.[]/.test(name)) return 'a field is used whole, without . and [ ]'
  if (/[!:]/.test(name)) return 'a field is used as it is, without conversion (!) and format (:)'
  if (!NAME.test(name))
    return 'a field name begins with a letter or _ and goes on with letters, digits, _ and -, at most 64'
  if (known && !known.has(name)) return `there is no field ${name}`
  return undefined
}

function pieceFault(match: RegExpMatchArray, known: ReadonlySet<string> | undefined): string | undefined {
  if (match[1] !== undefined) return nameFault(match[1], known)
  return match[0].length === 1 ? `a ${match[0]} alone: write ${match[0]}${match[0]} for the character` : undefined
}

/** The first faults of a template; a position counts characters from 1. Without `known` any field name will do. */
export function templateFaults(text: string, known?: ReadonlySet<string>): { position: number; message: string }[] {
  const faults = [...text.matchAll(PIECE)].flatMap((match) => {
    const message = pieceFault(match, known)
    return message ? [{ index: match.index, message }] : []
  })
  return faults
    .slice(0, FAULTS_TOLD)
    .map(({ index, message }) => ({ position: [...text.slice(0, index)].length + 1, message }))
}

/** Names of the fields that a template is filled with, each once. */
export function fieldsOf(text: string): string[] {
  const names = [...text.matchAll(PIECE)].flatMap((match) => (match[1] === undefined ? [] : [match[1]]))
  return [...new Set(names)]
}

/** Whether it is fields alone, perhaps behind the name of a scheme: then it holds no secret of its own. */
export const isPlainTemplate = (text: string): boolean => PLAIN.test(text)

/** One pass: what was filled in is never looked at again. @throws TemplateError where a field is absent or too much comes out */
export function fill(text: string, fields: Readonly<Record<string, string>>): string {
  let length = text.length
  return text.replaceAll(PIECE, (piece, name: string | undefined) => {
    if (piece === '{{' || piece === '}}') return piece.charAt(0)
    if (name === undefined || !Object.hasOwn(fields, name))
      throw new TemplateError(`there is no value for ${name ?? piece}`)
    const value = fields[name] ?? ''
    length += value.length
    // A short template may name a long value a thousand times.
    if (length > MAX_FILLED_LENGTH) throw new TemplateError(`more than ${MAX_FILLED_LENGTH} characters come out`)
    return value
  })
}
