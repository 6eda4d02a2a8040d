import type { Client } from './realm.ts'

/** Keycloak's match: exact, or by the part before a final `*`; for plain http on loopback any port is the same address. */
export function matchesAny(patterns: string[], uri: string): boolean {
  const parsed = URL.parse(uri)
  // What the URL parser reads differently from a browser or from the text itself is refused, not interpreted.
  if (parsed === null || parsed.username !== '' || parsed.password !== '' || !readsOneWay(uri, parsed)) return false
  const candidates = [uri, withoutPort(uri, parsed)]
  return patterns.some((pattern) =>
    candidates.some((candidate) =>
      pattern.endsWith('*') ? candidate.startsWith(pattern.slice(0, -1)) : candidate === pattern,
    ),
  )
}

const readsOneWay = (uri: string, parsed: URL): boolean =>
  uri.startsWith(`${parsed.protocol}//${parsed.host}`) && !/[\\\s]|\/\.\.?(\/|$)|%2e|%2f|%5c/i.test(uri)

const withoutPort = (uri: string, parsed: URL): string =>
  parsed.protocol === 'http:' && parsed.hostname === 'localhost'
    ? uri.replace(`//${parsed.host}`, `//${parsed.hostname}`)
    : uri

export const redirectUriAllowed = (client: Client, uri: string): boolean => matchesAny(client.redirectUris, uri)

/** `+` in the realm file stands for the redirect URIs, `##` separates several. */
export function postLogoutUriAllowed(client: Client, uri: string): boolean {
  const patterns = (client.attributes['post.logout.redirect.uris'] ?? '').split('##')
  return matchesAny(
    patterns.flatMap((pattern) => (pattern === '+' ? client.redirectUris : [pattern])),
    uri,
  )
}
