import type { Client } from './realm.ts'

/** Scopes that carry claims but are not named in a token's `scope`. */
const UNNAMED = new Set(['basic', 'roles', 'web-origins', 'acr', 'service_account'])

/** The scopes a client gets for what it asks, its defaults included; undefined if it asks for one it may not have. */
export function resolveScopes(client: Client, asked: string): Set<string> | undefined {
  const names = asked.split(' ').filter((name) => name !== '')
  const allowed = new Set(['openid', ...client.optionalClientScopes, ...client.defaultClientScopes])
  if (names.some((name) => !allowed.has(name))) return undefined
  return new Set([...names, ...client.defaultClientScopes])
}

/** A token's `scope` claim. */
export const scopeText = (scopes: Set<string>): string => [...scopes].filter((name) => !UNNAMED.has(name)).join(' ')
