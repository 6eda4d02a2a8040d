import { base64Cores } from '../base64-cores.ts'
import { isPlainTemplate } from '../injection/template.ts'
import type { Fault } from '../profiles/fault.ts'
import { isTemplate } from '../profiles/marks.ts'
import { placeText, type SecretParts, secretsIn } from '../profiles/secret-places.ts'
import { GRANT_TYPES } from './slots.ts'

/** Shorter ones stand in ordinary words. */
const SHORTEST = 6

interface Text {
  place: string
  text: string
}

/**
 * Where a secret of the open profile stands in what is to be shared as well: as it is, in base64 at any offset, or
 * percent-encoded. Origins are left out, for they are told as hosts; so are secrets that are no more than a name in it.
 */
export function exposedSecrets(shared: object, open: SecretParts): Fault[] {
  const texts: Text[] = []
  const names = new Set<string>()
  collect(shared, [], texts, names)
  const isSecret = ({ text }: Text) => text.length >= SHORTEST && !names.has(text)
  // Made ready once: there may be hundreds of long ones, and thousands of texts.
  const secrets = secretsOf(open)
    .filter(isSecret)
    .map((secret) => ({ ...secret, cores: base64Cores(Buffer.from(secret.text), 'base64') }))
  return texts.flatMap(({ place, text }) => {
    const readings = [text, decoded(text), decoded(text.replaceAll('+', ' '))]
    const encoded = text.replaceAll('-', '+').replaceAll('_', '/')
    const found = secrets.find(
      (secret) =>
        readings.some((reading) => reading.includes(secret.text)) ||
        secret.cores.some((core) => encoded.includes(core)),
    )
    return found ? [{ field: place, message: `holds the secret at ${found.place}` }] : []
  })
}

/** Characters of text in what is shared. */
export function sharedLength(shared: object): number {
  const texts: Text[] = []
  collect(shared, [], texts, new Set())
  return texts.reduce((sum, { text }) => sum + text.length, 0)
}

function collect(value: unknown, path: string[], texts: Text[], names: Set<string>): void {
  if (typeof value === 'string') texts.push({ place: path.join('.'), text: withoutOrigin(value, path) })
  if (typeof value !== 'object' || value === null) return
  for (const [name, item] of Object.entries(value)) {
    if (name === '$slot') continue
    names.add(name)
    if (name === 'name' && path[0] === 'extraction_rules') names.add(String(item))
    texts.push({ place: path.join('.'), text: name })
    collect(item, [...path, name], texts, names)
  }
}

function withoutOrigin(text: string, path: string[]): string {
  if (path.at(-1) !== 'url' && path[0] !== 'allowed_origins') return text
  return text.slice(URL.parse(text)?.origin.length ?? 0)
}

/** The secrets of an open profile, in each part that somebody could be told. */
export const secretsOf = (open: SecretParts): Text[] =>
  secretsIn(open)
    .flatMap(({ value, place }) => partsOf(value).map((text) => ({ place: placeText(place), text })))
    .filter(({ text }) => !GRANT_TYPES.has(text))

/** `user:password` is a secret as a whole and in its second part; of a template what stands outside its fields. */
function partsOf(value: unknown): string[] {
  if (isTemplate(value)) {
    return isPlainTemplate(value.$template) ? [] : value.$template.split(/\{[^{}]*\}/)
  }
  if (value === null || typeof value === 'object') return []
  const text = String(value)
  const colon = text.indexOf(':')
  return colon < 0 ? [text] : [text, text.slice(colon + 1)]
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
