import type { Person } from './people.ts'
import type { Client, Realm } from './realm.ts'

/** What a person may do, by realm and by client, composite roles resolved. */
export interface Roles {
  realm: string[]
  clients: Record<string, string[]>
}

interface Composite {
  realm?: string[]
  client?: Record<string, string[]>
}

/** Roles that stand in no realm file: Keycloak makes them with every realm. */
const builtInComposites = (realm: Realm): Record<string, Composite> => ({
  [`default-roles-${realm.realm}`]: {
    realm: ['offline_access', 'uma_authorization'],
    client: { account: ['manage-account', 'manage-account-links', 'view-profile'] },
  },
})

export function rolesOf(realm: Realm, person: Person): Roles {
  const own = new Set<string>()
  const clients = new Map<string, Set<string>>()
  const composites = builtInComposites(realm)
  for (const role of realm.roles.realm) if (role.composites) composites[role.name] = role.composites

  const addClientRoles = (byClient: Record<string, string[]>) => {
    for (const [client, names] of Object.entries(byClient))
      clients.set(client, new Set([...(clients.get(client) ?? []), ...names]))
  }
  const addRealmRole = (name: string) => {
    if (own.has(name)) return
    own.add(name)
    for (const part of composites[name]?.realm ?? []) addRealmRole(part)
    addClientRoles(composites[name]?.client ?? {})
  }

  for (const name of person.realmRoles) addRealmRole(name)
  addClientRoles(person.clientRoles)
  return {
    realm: [...own],
    clients: Object.fromEntries([...clients].map(([client, names]) => [client, [...names]])),
  }
}

/** The roles that a token made for a client may carry. */
export function rolesWithinReach(roles: Roles, client: Client): Roles {
  if (client.fullScopeAllowed) return roles
  const own = roles.clients[client.clientId]
  return { realm: [], clients: own === undefined ? {} : { [client.clientId]: own } }
}
