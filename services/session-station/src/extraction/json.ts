/** Of objects and arrays within one another. */
export const MAX_JSON_DEPTH = 64

interface RawJson {
  rawJSON: string
}
// TypeScript does not know them yet.
const { rawJSON, isRawJSON } = JSON as unknown as {
  rawJSON(text: string): RawJson
  isRawJSON(value: unknown): value is RawJson
}
const parse = JSON.parse as (
  text: string,
  reviver: (key: string, value: unknown, context: { source?: string }) => unknown,
) => unknown

/** JSON whose numbers keep the digits they were written with. @throws SyntaxError, also where it is nested too deeply */
export function readJson(text: string): unknown {
  refuseDepth(text)
  return parse(text, (_key, value, { source }) =>
    typeof value === 'number' && source !== undefined && String(value) !== source ? rawJSON(source) : value,
  )
}

/** Own properties and indexes only; undefined where the way ends early. */
export function readPath(value: unknown, names: readonly string[]): unknown {
  let found = value
  for (const name of names) {
    if (typeof found !== 'object' || found === null || isRawJSON(found)) return undefined
    // An index is the only thing that a list owns: `length` is nothing of the answer's.
    if (Array.isArray(found) && !/^\d+$/.test(name)) return undefined
    found = Object.hasOwn(found, name) ? (found as Record<string, unknown>)[name] : undefined
  }
  return found
}

/** A value as text: text as it is, numbers with their digits, objects and lists as compact JSON; null is absence. */
export function textOfValue(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** The number, whether or not its digits had to be kept apart. */
export function numberOfValue(value: unknown): number | undefined {
  if (isRawJSON(value)) return Number(value.rawJSON)
  return typeof value === 'number' ? value : undefined
}

// Reviving and writing recurse: a bomb of brackets is refused before them.
function refuseDepth(text: string): void {
  let depth = 0
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index]
    if (character === '"') index = endOfString(text, index)
    else if (character === '[' || character === '{') depth += 1
    else if (character === ']' || character === '}') depth -= 1
    if (depth > MAX_JSON_DEPTH) throw new SyntaxError(`nested more than ${MAX_JSON_DEPTH} deep`)
  }
}

function endOfString(text: string, start: number): number {
  let index = start + 1
  while (index < text.length && text[index] !== '"') index += text[index] === '\\' ? 2 : 1
  return index
}
