/** Shorter values stand in too many texts that have nothing to do with them. */
const SHORTEST = 8
/** What is longer is known by its beginning. */
const LONGEST = 4096
/** Of a textual body; what comes after it goes on as it is. */
const REDACTED_BYTES = 1024 * 1024

/** Hides the secrets of one context where a target sends them back: hygiene, not a boundary. */
export interface Redaction {
  /** A header's value, one character for each byte. */
  text(value: string): string
  /** For one body. Lengths stay: each byte of a secret becomes an asterisk. */
  body(): RedactedBody
}

export interface RedactedBody {
  /** What may be passed on: only an end that could be the beginning of a secret is held back. */
  write(chunk: Buffer): Buffer
  /** What was held back. */
  end(): Buffer
}

const EMPTY = Buffer.alloc(0)

export function redactionOf(secrets: readonly string[]): Redaction {
  const known = secrets.filter((secret) => secret.length >= SHORTEST).map((secret) => secret.slice(0, LONGEST))
  const spellings = [...new Set(known.flatMap(spellingsOf))].sort((a, b) => b.length - a.length)
  if (spellings.length === 0)
    return { text: (value) => value, body: () => ({ write: (chunk) => chunk, end: () => EMPTY }) }
  const pattern = new RegExp(spellings.map(literally).join('|'), 'g')
  const masked = (text: string) => text.replace(pattern, (found) => '*'.repeat(found.length))
  const heldIn = unfinishedEnd(spellings)
  return { text: masked, body: () => redactedBody(masked, heldIn) }
}

function redactedBody(masked: (text: string) => string, heldIn: (text: string) => number): RedactedBody {
  let held = ''
  let seen = 0
  return {
    write(chunk) {
      if (seen >= REDACTED_BYTES && held === '') return chunk
      seen += chunk.length
      const before = held + chunk.toString('latin1')
      const after = masked(before)
      const kept = seen < REDACTED_BYTES ? heldIn(after) : 0
      const isUntouched = held === '' && kept === 0 && after === before
      held = kept === 0 ? '' : after.slice(-kept)
      return isUntouched ? chunk : Buffer.from(after.slice(0, after.length - kept), 'latin1')
    },
    end: () => Buffer.from(held, 'latin1'),
  }
}

/** How many of the last characters of a text are the beginning of a spelling that the next chunk may finish. */
function unfinishedEnd(spellings: readonly string[]): (text: string) => number {
  const longest = spellings[0]?.length ?? 0
  const firsts = new Set(spellings.map((spelling) => spelling.charCodeAt(0)))
  return (text) => {
    for (let at = Math.max(0, text.length - longest + 1); at < text.length; at += 1) {
      if (!firsts.has(text.charCodeAt(at))) continue
      const end = text.slice(at)
      if (spellings.some((spelling) => spelling.startsWith(end))) return end.length
    }
    return 0
  }
}

const literally = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')

/** How a secret looks in what targets write, one character for each byte. */
function spellingsOf(secret: string): string[] {
  const text = secret.toWellFormed()
  const bytes = Buffer.from(text)
  const percent = encodeURIComponent(text)
  const json = JSON.stringify(text).slice(1, -1)
  const ascii = json.replace(/[^\0-~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
  return [
    bytes.toString('latin1'),
    percent,
    percent.replace(/%../g, (octet) => octet.toLowerCase()),
    new URLSearchParams({ '': text }).toString().slice(1),
    Buffer.from(json).toString('latin1'),
    ascii,
    ascii.replaceAll('/', '\\/'),
    ...[0, 1, 2].flatMap((offset) => inBase64(bytes, offset)),
  ]
}

/** The characters that are the same whatever stands around it, `offset` bytes behind a border of three. */
function inBase64(bytes: Buffer, offset: number): string[] {
  const all = Buffer.concat([Buffer.alloc(offset), bytes])
  const [first, end] = [Math.ceil((offset * 8) / 6), Math.floor((all.length * 8) / 6)]
  return (['base64', 'base64url'] as const).map((alphabet) => all.toString(alphabet).slice(first, end))
}
