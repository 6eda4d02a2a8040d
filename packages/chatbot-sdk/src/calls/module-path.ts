import { pathRefused } from '../problems.ts'

const MODULE = /^[a-z0-9][a-z0-9_-]*$/i
// First segments that the gateway looks behind for the module's name.
const NO_MODULE = /^(proxy|internal|v\d+)$/i
// Empty segments, segments of dots (also before `;`), and separators, dots or NUL hidden by encoding, however often.
const LEAVES_MODULE = /\/\/|\/\.+(?:[/;]|$)|%(?:25)*(?:2e|2f|5c|00)/i
// A URL parser drops some of these, and a fragment, without a word.
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const DROPPED = /[\\#\x00-\x20\x7f]|%(?![0-9a-f]{2})/i

/** The path of a module at the gateway. @throws Problem 400 `path-refused` where it could name anything outside the module */
export function modulePath(service: string, path: string): string {
  const [segments = ''] = path.split('?', 1)
  const isInside = MODULE.test(service) && !NO_MODULE.test(service) && /^([/?]|$)/.test(path)
  if (!isInside || DROPPED.test(path) || LEAVES_MODULE.test(segments)) throw pathRefused()
  return `/api/${service}${path}`
}
