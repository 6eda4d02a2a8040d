import { spellingsOf } from './secret-spellings.ts'
import { type SpellingSearch, spellingSearch } from './spelling-search.ts'

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
  const spellings = spellingsOf(secrets)
  if (spellings.length === 0)
    return { text: (value) => value, body: () => ({ write: (chunk) => chunk, end: () => EMPTY }) }
  const search = spellingSearch(spellings)
  return { text: (value) => search().masked(value), body: () => redactedBody(search()) }
}

function redactedBody({ masked, unfinishedEnd }: SpellingSearch): RedactedBody {
  let held = ''
  let seen = 0
  return {
    write(chunk) {
      if (seen >= REDACTED_BYTES && held === '') return chunk
      seen += chunk.length
      const before = held + chunk.toString('latin1')
      const after = masked(before)
      const kept = seen < REDACTED_BYTES ? unfinishedEnd(after) : 0
      const isUntouched = held === '' && kept === 0 && after === before
      held = kept === 0 ? '' : after.slice(-kept)
      return isUntouched ? chunk : Buffer.from(after.slice(0, after.length - kept), 'latin1')
    },
    end: () => Buffer.from(held, 'latin1'),
  }
}
