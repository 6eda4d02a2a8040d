import { ambiguousPath } from '../problems.ts'

/** A request target with one reading. Only `canonicalTarget` makes one. */
export interface CanonicalTarget {
  /** Byte for byte as received; what is forwarded. */
  readonly path: string
  /** The same path percent-decoded once: what rules are compared with. Identical to `path` where nothing is encoded. */
  readonly decoded: string
  /** Byte for byte, without `?`; undefined where the target has none. */
  readonly query: string | undefined
}

const REFUSED = 0
const PLAIN = 1
const SLASH = 2
const QUESTION = 3
const KINDS = characterKinds()

/** The one reading of a request target, or 400. `*` is a target of OPTIONS alone (RFC 9112 §3.2.4). */
export function canonicalTarget(raw: string, method: string): CanonicalTarget {
  if (raw === '*' && method === 'OPTIONS') return { path: raw, decoded: raw, query: undefined }
  // RFC 9112 §3.2.2 would let an absolute target overrule Host: two names for one request.
  if (raw.charCodeAt(0) !== 0x2f) throw ambiguousPath('The request target must be a path that begins with "/".')
  const end = pathEnd(raw)
  const path = end === raw.length ? raw : raw.slice(0, end)
  return {
    path,
    decoded: path.includes('%') ? decodeOnce(path) : path,
    query: end === raw.length ? undefined : requireQuery(raw.slice(end + 1)),
  }
}

function pathEnd(raw: string): number {
  for (let i = 0; i < raw.length; i++) {
    const kind = KINDS[raw.charCodeAt(i)]
    if (kind === PLAIN) continue
    if (kind === QUESTION) return i
    if (kind !== SLASH) throw ambiguousPath('The path holds a character that must be percent-encoded.')
    requireSegment(raw, i + 1)
  }
  return raw.length
}

/** A header name as the loosest reader would see it: lower case, and every separator is `-` (`X_User.Sub` → `x-user-sub`). */
export function canonicalHeaderName(name: string): string {
  return isCanonicalHeaderName(name) ? name : name.toLowerCase().replace(/[^a-z0-9]/g, '-')
}

function isCanonicalHeaderName(name: string): boolean {
  for (let i = 0; i < name.length; i++) {
    const code = name.charCodeAt(i)
    if (!((code >= 0x61 && code <= 0x7a) || code === 0x2d || (code >= 0x30 && code <= 0x39))) return false
  }
  return true
}

// `..;x` counts as dots: servers that know matrix parameters strip them first.
const DOT_SEGMENT = /\.+(?=[/;?]|$)/y
// The same for those who decode first and then cut parameters, trim blanks or fold wide forms.
const HIDDEN_DOT_SEGMENT = /[/\\]\.[. ]*(?=[/\\;?#]|$)/

function requireSegment(raw: string, start: number): void {
  const first = raw.charCodeAt(start)
  if (first === 0x2f) throw ambiguousPath('The path holds an empty segment ("//").')
  if (first !== 0x2e) return
  DOT_SEGMENT.lastIndex = start
  if (DOT_SEGMENT.test(raw)) throw ambiguousPath('The path holds a segment of dots alone.')
}

function requireQuery(query: string): string {
  if (!/^[!"$-~]*$/.test(query)) throw ambiguousPath('The query holds a character that must be percent-encoded.')
  return query
}

function decodeOnce(path: string): string {
  const refusal = encodingRefusal(path)
  if (refusal !== undefined) throw ambiguousPath(refusal)
  const decoded = decode(path)
  if (HIDDEN_DOT_SEGMENT.test(decoded.normalize('NFKC'))) throw ambiguousPath('The path holds a segment of dots alone.')
  return decoded
}

function decode(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    throw ambiguousPath('The path holds a percent-encoding that is not UTF-8.')
  }
}

function encodingRefusal(path: string): string | undefined {
  if (/%(?![0-9a-f]{2})/i.test(path)) return 'The path holds "%" without two hexadecimal digits.'
  // Decoded twice it would be another path than decoded once.
  if (/%25[0-9a-f]{2}/i.test(path)) return 'The path is percent-encoded twice.'
  for (const [code] of path.matchAll(/%[0-7][0-9a-f]/gi)) {
    const character = String.fromCharCode(Number.parseInt(code.slice(1), 16))
    if (/[A-Za-z0-9._~-]/.test(character)) return `The path holds "${code}": write the character itself.`
    if (character === '/' || character === '\\') return 'The path holds an encoded slash or backslash.'
    if (character < ' ' || character === '\x7f') return 'The path holds an encoded control character.'
  }
  return undefined
}

function characterKinds(): Uint8Array {
  const kinds = new Uint8Array(256).fill(REFUSED)
  const plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*+,;=:@[]|^%"
  for (const character of plain) kinds[character.charCodeAt(0)] = PLAIN
  kinds[0x2f] = SLASH
  kinds[0x3f] = QUESTION
  return kinds
}
