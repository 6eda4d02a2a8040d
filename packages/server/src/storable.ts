const MAX_DEPTH = 64

interface Fault {
  instancePath: string
  schemaPath: string
  keyword: string
  params: Record<string, never>
  message: string
}

/**
 * The first thing in a request that no database takes, whatever its schema allows: NUL and lone surrogates in text or
 * names, and JSON nested deeper than 64, which recursive code cannot walk. `instancePath` as Ajv gives it.
 */
export function findUnstorable(value: unknown, path = '', depth = 0): Fault | undefined {
  if (typeof value === 'string')
    return isStorable(value) ? undefined : fault(path, 'holds a character that cannot be kept')
  if (typeof value !== 'object' || value === null) return undefined
  if (depth === MAX_DEPTH) return fault(path.split('/', 2).join('/'), `is nested deeper than ${MAX_DEPTH} levels`)
  for (const [name, item] of Object.entries(value)) {
    if (!isStorable(name)) return fault(path, 'holds a name with a character that cannot be kept')
    const found = findUnstorable(item, `${path}/${name}`, depth + 1)
    if (found) return found
  }
  return undefined
}

const isStorable = (text: string): boolean => !text.includes('\0') && text.isWellFormed()

const fault = (instancePath: string, message: string): Fault => ({
  instancePath,
  schemaPath: '#',
  keyword: 'storable',
  params: {},
  message,
})
