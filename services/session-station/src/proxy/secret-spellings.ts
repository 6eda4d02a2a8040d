import { base64Cores } from '../base64-cores.ts'

/** Shorter values stand in too many texts that have nothing to do with them. */
const SHORTEST = 8
/** What is longer is known by its beginning. */
const LONGEST = 4096
/** Characters of all spellings together; secrets beyond that are not looked for. */
const SPELLED_CHARACTERS = 500_000

/** How secrets look in what targets write, one character for each byte, each spelling once and the longest first. */
export function spellingsOf(secrets: readonly string[]): string[] {
  const spellings = new Set<string>()
  let spelled = 0
  for (const secret of new Set(secrets)) {
    if (secret.length < SHORTEST || spelled > SPELLED_CHARACTERS) continue
    for (const spelling of inAllForms(secret.slice(0, LONGEST).toWellFormed())) {
      if (!spellings.has(spelling)) spelled += spelling.length
      spellings.add(spelling)
    }
  }
  return [...spellings].sort((a, b) => b.length - a.length)
}

function inAllForms(text: string): string[] {
  const bytes = Buffer.from(text)
  const json = JSON.stringify(text).slice(1, -1)
  const ascii = json.replace(/[^\0-~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
  const wide = Buffer.from(text, 'utf16le')
  return [
    bytes.toString('latin1'),
    ...percentEncoded(text).flatMap((one) => [one, one.replace(/%../g, (octet) => octet.toLowerCase())]),
    Buffer.from(json).toString('latin1'),
    ascii,
    ascii.replaceAll('/', '\\/'),
    ...['&#39;', '&#x27;', "'"].map((quote) => Buffer.from(inHtml(text, quote)).toString('latin1')),
    wide.toString('latin1'),
    Buffer.from(wide).swap16().toString('latin1'),
    ...base64Cores(bytes, 'base64'),
    ...base64Cores(bytes, 'base64url'),
  ]
}

/** Encoders agree on letters and digits; they differ in the slash, in blanks, and in what RFC 2396 called marks. */
function percentEncoded(text: string): string[] {
  const component = encodeURIComponent(text)
  const strict = component.replace(/[!'()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`)
  const form = new URLSearchParams({ '': text }).toString().slice(1)
  return [component, encodeURI(text), strict, strict.replaceAll('%2F', '/'), strict.replaceAll('%20', '+'), form]
}

const inHtml = (text: string, quote: string): string =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", quote)
