import { createHash } from 'node:crypto'
import type { Person } from './people.ts'
import type { Client, Realm } from './realm.ts'
import { rolesOf, rolesWithinReach } from './roles.ts'

/** Whom and what for a token is made. */
export interface Subject {
  person: Person
  client: Client
  scopes: Set<string>
}

type Target = 'access.token.claim' | 'id.token.claim' | 'userinfo.token.claim'
export type Claims = Record<string, unknown>

const ACCOUNT_FIELDS = new Set(['username', 'email', 'firstName', 'lastName'])

/** The claims of the scopes `profile` and `email` and of the client's attribute mappers. */
export function personClaims({ person, client, scopes }: Subject, target: Target): Claims {
  const claims: Claims = {}
  if (scopes.has('email')) claims.email_verified = person.emailVerified
  if (scopes.has('email') && person.email !== undefined) claims.email = person.email
  if (scopes.has('profile')) Object.assign(claims, profileClaims(person))
  for (const { protocolMapper, config } of client.protocolMappers) {
    const name = config['claim.name']
    if (protocolMapper !== 'oidc-usermodel-attribute-mapper' || config[target] !== 'true' || name === undefined)
      continue
    const value = attributeOf(person, config['user.attribute'] ?? '')
    if (value !== undefined) claims[name] = value
  }
  return claims
}

function profileClaims(person: Person): Claims {
  // Given name first, as Keycloak joins them in every language.
  const names = [person.firstName, person.lastName].filter((name) => name !== undefined)
  return {
    ...(names.length > 0 && { name: names.join(' ') }),
    preferred_username: person.username,
    ...(person.firstName !== undefined && { given_name: person.firstName }),
    ...(person.lastName !== undefined && { family_name: person.lastName }),
  }
}

function attributeOf(person: Person, name: string): string | undefined {
  if (ACCOUNT_FIELDS.has(name)) return person[name as 'username' | 'email' | 'firstName' | 'lastName']
  return person.attributes[name]?.[0]
}

/** Roles, and the audiences that follow from them and from the client's mappers. */
export function roleClaims(realm: Realm, { person, client, scopes }: Subject): { aud: string[] } & Claims {
  const roles = rolesWithinReach(rolesOf(realm, person), client)
  const mapped = client.protocolMappers
    .filter(
      ({ protocolMapper, config }) =>
        protocolMapper === 'oidc-audience-mapper' && config['access.token.claim'] === 'true',
    )
    .map(({ config }) => config['included.client.audience'] ?? '')
  if (!scopes.has('roles')) return { aud: mapped }

  const byClient = Object.entries(roles.clients)
  // "Audience resolve": every client where the person has a role, but never the one that asks.
  const resolved = byClient.map(([name]) => name).filter((name) => name !== client.clientId)
  return {
    aud: [...new Set([...mapped, ...resolved])],
    ...(roles.realm.length > 0 && { realm_access: { roles: roles.realm } }),
    ...(byClient.length > 0 && {
      resource_access: Object.fromEntries(byClient.map(([name, names]) => [name, { roles: names }])),
    }),
  }
}

/** One audience stands alone, none is left out. */
export function audienceClaim(names: string[]): Claims {
  if (names.length === 0) return {}
  return { aud: names.length === 1 ? names[0] : names }
}

/** `at_hash`, `c_hash` and `s_hash` of OpenID Connect Core §3.3.2.11, for RS256. */
export const halfHash = (text: string): string =>
  createHash('sha256').update(text).digest().subarray(0, 16).toString('base64url')
