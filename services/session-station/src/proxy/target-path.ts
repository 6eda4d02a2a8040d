import { badTargetPath, originNotAllowed } from '../problems.ts'

const MAX_BYTES = 16 * 1024
/** In any spelling, between slashes in any spelling; what follows `;` is a parameter of a segment (RFC 3986 §3.3). */
const DOT_SEGMENT = /(?:[/\\]|%2f|%5c)(?:\.|%2e){1,2}(?:[/\\;]|%2f|%5c|%3b|$)/i
/** Node's parser lets some of them through; a fragment belongs to no request. */
const FORBIDDEN = /[^\u0021-\u00ff]|[#\u007f]/
const ENCODED_CONTROL = /%(?:[01][0-9a-f]|7f)/i

/**
 * What follows the service's id in a request's target, byte for byte. @throws Problem 400 where somebody on the way
 * could read it as another path
 */
export function targetPath(rawUrl: string, prefix: string): string {
  if (!rawUrl.startsWith(prefix)) throw badTargetPath('It has to begin with this route in plain letters.')
  const behindId = rawUrl.slice(prefix.length).replace(/^[^/?]*/, '')
  // RFC 9110 §4.2.3: the empty path is the root.
  const target = behindId.startsWith('/') ? behindId : `/${behindId}`
  if (target.length > MAX_BYTES) throw badTargetPath(`It is longer than ${MAX_BYTES} bytes.`)
  if (FORBIDDEN.test(target)) throw badTargetPath('A character in it has to be percent-encoded.')
  const [path = ''] = target.split('?', 1)
  if (path.startsWith('//')) throw badTargetPath('It must not begin with two slashes.')
  if (ENCODED_CONTROL.test(path)) throw badTargetPath('There is a control character in it.')
  if (path.includes('\\')) throw badTargetPath('There is a backslash in it.')
  if (DOT_SEGMENT.test(path)) throw badTargetPath('Segments of dots are not sent on.')
  return target
}

/** The origin that is asked for, among those allowed; the first where none is. @throws Problem 403 */
export function targetOrigin(asked: string | string[] | undefined, allowed: readonly string[]): string {
  const origin = asked === undefined ? allowed[0] : originIn(String(asked))
  if (origin === undefined || !allowed.includes(origin)) throw originNotAllowed()
  return origin
}

/** Undefined where the text is more than an origin, or none. */
function originIn(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined
  const { origin, href } = new URL(text)
  return href === `${origin}/` ? origin : undefined
}
