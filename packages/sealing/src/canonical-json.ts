// JSON.parse reads deeper than any writer that calls itself can follow; this ends cycles too.
const DEEPEST_LEVEL = 100

/** A value that has no canonical form; its message names the place: `$.a[3].b`. */
export class CanonicalJsonError extends TypeError {
  override name = 'CanonicalJsonError'

  constructor(path: string, reason: string) {
    super(`${path} has no canonical JSON form: ${reason}`)
  }
}

/**
 * One text for one value: no spaces, keys in code-point order, as Python's
 * `json.dumps(value, separators=(",", ":"), sort_keys=True, ensure_ascii=False)` writes it (`ascii`: with `ensure_ascii=True`).
 * Only kinds that both languages write alike: strings, booleans, null, safe integers, arrays and plain objects.
 * @throws CanonicalJsonError for everything else.
 */
export function canonicalJson(value: unknown, { ascii = false }: { ascii?: boolean } = {}): string {
  const text = written(value, '$', 0)
  return ascii ? text.replace(/[\u007f-\uffff]/g, escaped) : text
}

function written(value: unknown, path: string, level: number): string {
  switch (typeof value) {
    case 'string':
      return writtenText(value, path)
    case 'number':
      return writtenInteger(value, path)
    case 'boolean':
      return String(value)
    case 'object':
      return value === null ? 'null' : writtenObject(value, path, level + 1)
    default:
      throw new CanonicalJsonError(path, `it is of type ${typeof value}`)
  }
}

function writtenText(text: string, path: string): string {
  if (!text.isWellFormed()) throw new CanonicalJsonError(path, 'it has half of a surrogate pair')
  return JSON.stringify(text)
}

function writtenInteger(number: number, path: string): string {
  // -0 is 0 where it was read as an integer and -0.0 where not: Python knows which, JavaScript does not.
  if (!Number.isSafeInteger(number) || Object.is(number, -0)) {
    throw new CanonicalJsonError(path, 'it is a number, but no integer that every language holds exactly')
  }
  return String(number)
}

function writtenObject(object: object, path: string, level: number): string {
  if (level > DEEPEST_LEVEL) throw new CanonicalJsonError(path, `it lies deeper than ${DEEPEST_LEVEL} levels`)
  const prototype: unknown = Object.getPrototypeOf(object)
  if (Array.isArray(object) && prototype === Array.prototype) return writtenArray(object, path, level)
  if (prototype !== Object.prototype && prototype !== null) {
    throw new CanonicalJsonError(path, 'it is neither an array nor a plain object')
  }
  return writtenMembers(object as Record<string, unknown>, path, level)
}

function writtenArray(array: unknown[], path: string, level: number): string {
  if (Reflect.ownKeys(array).length !== array.length + 1) {
    throw new CanonicalJsonError(path, 'it has gaps or properties beside its items')
  }
  return `[${Array.from(array, (item, at) => written(item, `${path}[${at}]`, level)).join(',')}]`
}

function writtenMembers(object: Record<string, unknown>, path: string, level: number): string {
  const keys = Object.keys(object)
  if (Reflect.ownKeys(object).length !== keys.length) {
    throw new CanonicalJsonError(path, 'it has symbols or hidden properties')
  }
  const members = keys.sort(byCodePoint).map((key) => {
    const place = path + step(key)
    return `${writtenText(key, place)}:${written(object[key], place, level)}`
  })
  return `{${members.join(',')}}`
}

function step(key: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`
}

function byCodePoint(left: string, right: string): number {
  const shared = Math.min(left.length, right.length)
  for (let at = 0; at < shared; at++) {
    const difference = rank(left.charCodeAt(at)) - rank(right.charCodeAt(at))
    if (difference !== 0) return difference
  }
  return left.length - right.length
}

// Halves of a pair stand for code points above U+FFFF, though U+E000–U+FFFF are the larger units.
function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit
}

function escaped(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
}
