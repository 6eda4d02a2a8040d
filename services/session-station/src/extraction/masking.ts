import type { EgressAnswer } from '../egress/egress.ts'
import { redactionOf } from '../proxy/redaction.ts'
import { type Answer, answerText, contentType, mediaType, UnreadableAnswer } from './answer-text.ts'
import { readJson } from './json.ts'

export const MASK = '[masked]'
// A structure that is larger says less than its size; it is for a person to look at.
const SHOWN_CHARACTERS = 65_536
const LONGEST_KEY = 64
const SHOWN_HEADERS = new Set(['cache-control', 'content-length', 'date', 'retry-after', 'server', 'vary'])
const PLAIN_MEDIA_TYPE = /^[a-z0-9.+-]{1,60}\/[a-z0-9.+-]{1,60}(?:\s*;\s*charset\s*=\s*"?[\w.:-]{1,40}"?)?$/i

/** What an answer is made of without what it says: of JSON names, true, false and null, of a form its names, of the rest the size. */
export function maskedBody(answer: Answer): unknown {
  const text = textOf(answer)
  if (text === undefined) return sizeOf(answer, `${answer.body.length} bytes`)
  if (text === '') return ''
  const size = sizeOf(answer, `${text.length} characters`)
  if (text.length > SHOWN_CHARACTERS) return size
  if (mediaType(answer) === 'application/x-www-form-urlencoded') return maskedForm(text)
  return /html|xml/.test(mediaType(answer)) ? size : maskedJson(text, size)
}

/** Headers by name, lines of one name joined; values only where they tell nothing of a person. */
export function maskedHeaders(headers: EgressAnswer['headers']): Record<string, string> {
  const masked = new Map<string, string>()
  for (const [name, value] of headers) {
    const shown = maskedHeader(name, value)
    const before = masked.get(name)
    masked.set(name, before === undefined ? shown : `${before}, ${shown}`)
  }
  return Object.fromEntries(masked)
}

/** The same without secrets in names and texts that are shown, in any spelling. */
export function withoutSecrets<Shown>(shown: Shown, secrets: readonly string[]): Shown {
  const { text } = redactionOf(secrets)
  // One character for each byte.
  const hidden = (given: string) => Buffer.from(text(Buffer.from(given).toString('latin1')), 'latin1').toString()
  const walk = (value: unknown): unknown => {
    if (typeof value === 'string') return hidden(value)
    if (typeof value !== 'object' || value === null) return value
    if (Array.isArray(value)) return value.map(walk)
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [hidden(name), walk(item)]))
  }
  return walk(shown) as Shown
}

function maskedHeader(name: string, value: string): string {
  if (name === 'set-cookie') return `${/^[^=;]{1,100}(?==)/.exec(value)?.[0].trim() ?? ''}=${MASK}`
  if (name === 'content-type') return PLAIN_MEDIA_TYPE.test(value) ? value : MASK
  return SHOWN_HEADERS.has(name) && value.length <= 200 ? value : MASK
}

function textOf(answer: Answer): string | undefined {
  try {
    return answerText(answer)
  } catch (error) {
    if (error instanceof UnreadableAnswer) return undefined
    throw error
  }
}

function sizeOf(answer: Answer, size: string): string {
  const type = PLAIN_MEDIA_TYPE.test(contentType(answer)) ? mediaType(answer) : 'unknown type'
  return `[masked: ${type}, ${size}]`
}

function maskedJson(text: string, otherwise: string): unknown {
  try {
    return maskedValue(readJson(text))
  } catch (error) {
    if (error instanceof SyntaxError) return otherwise
    throw error
  }
}

function maskedValue(value: unknown): unknown {
  if (value === null || typeof value === 'boolean') return value
  // A number whose digits were kept is an object of its own: it has no prototype that arrays and plain objects have.
  if (typeof value !== 'object' || Object.getPrototypeOf(value) === null) return MASK
  if (Array.isArray(value)) return value.map(maskedValue)
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [maskedKey(name), maskedValue(item)]))
}

const maskedKey = (name: string): string => (name.length > LONGEST_KEY ? MASK : name)

// A bare token may call itself a form: what stands before its padding, or without a value, is no name.
const maskedForm = (text: string): string =>
  text
    .split('&')
    .map((pair) => `${/^[^=]{1,40}(?==+[^=])/.exec(pair)?.[0] ?? MASK}=${MASK}`)
    .join('&')
