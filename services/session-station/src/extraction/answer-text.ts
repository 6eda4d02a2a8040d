import { TextDecoder } from 'node:util'
import { type EgressAnswer, headerValues } from '../egress/egress.ts'

/** Of an answer that values are read from; egress lets more through, for the proxy. */
export const READABLE_BYTES = 1024 * 1024

export type Answer = Pick<EgressAnswer, 'headers' | 'body'>

/** Why an answer cannot be read; the message holds none of its words. */
export class UnreadableAnswer extends Error {}

const MARKS: [label: string, bytes: number[]][] = [
  ['utf-8', [0xef, 0xbb, 0xbf]],
  ['utf-16be', [0xfe, 0xff]],
  ['utf-16le', [0xff, 0xfe]],
]
const CHARSET = /;\s*charset\s*=\s*(?:"([^"]*)"|([^\s;]+))/i
const META_CHARSET = /<meta\b[^>]{0,300}?\bcharset\s*=\s*["']?\s*([\w.:-]{1,40})/i

export const contentType = ({ headers }: Answer): string => headerValues(headers, 'content-type')[0] ?? ''

/** In lower case, without parameters; empty where none is stated. */
export const mediaType = (answer: Answer): string => contentType(answer).split(';', 1)[0]?.trim().toLowerCase() ?? ''

/** The body as text: by its byte order mark, the stated charset, a page's own meta element, else UTF-8. @throws UnreadableAnswer */
export function answerText(answer: Answer): string {
  if (answer.body.length > READABLE_BYTES) throw new UnreadableAnswer('it is larger than 1 MB')
  return decoderOf(charsetOf(answer)).decode(answer.body)
}

function charsetOf(answer: Answer): string {
  const mark = MARKS.find(([, bytes]) => bytes.every((byte, index) => answer.body[index] === byte))
  if (mark) return mark[0]
  const stated = CHARSET.exec(contentType(answer))
  return stated?.[1] ?? stated?.[2] ?? pageCharset(answer) ?? 'utf-8'
}

// As browsers do: within the first 1,024 bytes, which are ASCII as far as they matter.
function pageCharset(answer: Answer): string | undefined {
  if (!/html/.test(mediaType(answer))) return undefined
  return META_CHARSET.exec(answer.body.toString('latin1', 0, 1024))?.[1]
}

function decoderOf(charset: string): TextDecoder {
  try {
    return new TextDecoder(charset)
  } catch (cause) {
    throw new UnreadableAnswer('its charset is not known', { cause })
  }
}
