interface SplitUrl {
  /** Origin as browsers write it, and the path as it was typed. */
  url: string
  query: [name: string, value: string][]
  /** `user:password` */
  userinfo: string | undefined
}

// What the URL parser would drop or read as a slash: control characters, spaces, backslashes.
const AMBIGUOUS = /[\0-\x20\x7f\\]/
const PARTS = /^https?:\/\/([^/?#]+)([^?#]*)/i

/** The parts of a request's URL, its fragment dropped; or, as text, what keeps it from being one. */
export function splitUrl(text: string): SplitUrl | string {
  const given = text.trim()
  const [, authority, path] = PARTS.exec(given) ?? []
  if (authority === undefined || path === undefined) return 'is no http or https URL'
  if (AMBIGUOUS.test(given)) return 'holds a space, a backslash or a control character: write it percent-encoded'
  const url = URL.parse(given)
  // A host may spell its braces percent-encoded.
  if (/[{}]/.test(`${authority}${url?.host}`)) return 'may hold a template in its path, not in its origin'
  if (url === null) return 'is no http or https URL'
  return {
    url: `${url.origin}${path || '/'}`,
    query: [...url.searchParams],
    userinfo: url.username || url.password ? `${decoded(url.username)}:${decoded(url.password)}` : undefined,
  }
}

/** The origin that a text states with nothing behind it, as browsers write it; undefined where it does not. */
export function statedOrigin(text: string): string | undefined {
  const parts = splitUrl(text)
  if (typeof parts === 'string' || parts.query.length > 0 || parts.userinfo !== undefined) return undefined
  const { origin, pathname } = new URL(parts.url)
  return pathname === '/' && !text.includes('?') && !text.includes('#') ? origin : undefined
}

export const originOf = (url: string): string => new URL(url).origin

/** The text of a URL's path, as its template stands. */
export const pathOf = (url: string): string => url.slice(originOf(url).length)

/** Userinfo is percent-encoded in a URL; what is malformed was meant as it stands. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
