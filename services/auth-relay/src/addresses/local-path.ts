/**
 * The decoded segments of a path of this origin; undefined for what any reader could take for another path or origin.
 * Proxies and applications may decode once more than browsers do, so that is tried to the end.
 */
export function localSegments(text: string): string[] | undefined {
  if (!text.startsWith('/') || /[\s\\\p{Cc}]/u.test(text) || !text.isWellFormed()) return undefined
  const [path = ''] = text.split(/[?#]/, 1)
  const segments = path.replace(/^\/|\/$/g, '').split('/')
  if (segments.length === 1 && segments[0] === '') return path === '/' ? [] : undefined
  const decoded = segments.map(wholly)
  return decoded.every((segment) => segment !== undefined && isPlain(segment)) ? (decoded as string[]) : undefined
}

function wholly(segment: string): string | undefined {
  if (!segment.includes('%')) return segment
  try {
    return wholly(decodeURIComponent(segment))
  } catch {
    // A "%" that encodes nothing.
    return undefined
  }
}

const isPlain = (segment: string): boolean => !/^\.{0,2}$|[/\\\p{Cc}]/u.test(segment)
