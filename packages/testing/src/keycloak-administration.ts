import type { Administration } from '@munjigi/dev-idp/administration'
import { callAdminApi, type Keycloak } from './keycloak-admin-api.ts'

interface Named {
  id: string
  name: string
}

/** A real Keycloak's admin API behind the interface that dev-idp has; `close` takes back people and keys it added. */
export function keycloakAdministration(keycloak: Keycloak, realm: string): Administration & { close(): Promise<void> } {
  const added = new Set<string>()
  const keyComponents: string[] = []
  const call = (method: string, path: string, body?: unknown) =>
    callAdminApi(keycloak, method, `/${realm}${path}`, body)
  const read = async <T>(path: string): Promise<T> => (await (await call('GET', path)).json()) as T

  const pathOf = async (username: string): Promise<string> => {
    const [user] = await read<{ id: string }[]>(`/users?exact=true&username=${encodeURIComponent(username)}`)
    if (user === undefined) throw new Error(`the realm has no ${username}`)
    return `/users/${user.id}`
  }
  const setEnabled = async (username: string, enabled: boolean) => {
    const path = await pathOf(username)
    // A PUT replaces the person whole: what is left out is lost.
    await call('PUT', path, { ...(await read<object>(path)), enabled })
  }
  const grant = async (userId: string, path: string, mapping: string) =>
    call('POST', `/users/${userId}/role-mappings/${mapping}`, [await read(path)])
  const grantClientRoles = async (userId: string, clientId: string, names: string[]) => {
    const [client] = await read<{ id: string }[]>(`/clients?clientId=${clientId}`)
    for (const name of names) await grant(userId, `/clients/${client?.id}/roles/${name}`, `clients/${client?.id}`)
  }
  const contains = async (role: Named, name: string) =>
    role.name === name || (await read<Named[]>(`/roles-by-id/${role.id}/composites`)).some((part) => part.name === name)

  return {
    async addUser({ username, password, attributes, realmRoles = [], clientRoles = {} }) {
      const made = await call('POST', '/users', {
        username,
        enabled: true,
        email: `${username}@example.com`,
        emailVerified: true,
        attributes,
        credentials: [{ type: 'password', value: password }],
      })
      const id = made.headers.get('location')?.split('/').at(-1) as string
      added.add(username)
      for (const name of realmRoles) await grant(id, `/roles/${name}`, 'realm')
      for (const [client, names] of Object.entries(clientRoles)) await grantClientRoles(id, client, names)
      return id
    },
    disableUser: (username) => setEnabled(username, false),
    enableUser: (username) => setEnabled(username, true),
    async deleteUser(username) {
      await call('DELETE', await pathOf(username))
      added.delete(username)
    },
    async setPassword(username, password) {
      const credential = { type: 'password', value: password, temporary: false }
      await call('PUT', `${await pathOf(username)}/reset-password`, credential)
    },
    async revokeRole(username, role) {
      const path = `${await pathOf(username)}/role-mappings/realm`
      for (const held of await read<Named[]>(path)) if (await contains(held, role)) await call('DELETE', path, [held])
    },
    async endSessions(username) {
      await call('POST', `${await pathOf(username)}/logout`)
    },
    async endOfflineSessions(username) {
      const path = await pathOf(username)
      const ids = new Set<string>()
      for (const client of await read<{ id: string }[]>('/clients'))
        for (const { id } of await read<{ id: string }[]>(`${path}/offline-sessions/${client.id}`)) ids.add(id)
      for (const id of ids) await call('DELETE', `/sessions/${id}?isOffline=true`)
    },
    async revokeConsent(username, clientId) {
      await call('DELETE', `${await pathOf(username)}/consents/${clientId}`)
    },
    async endEarlierTokens() {
      await call('PUT', '', { notBefore: Math.floor(Date.now() / 1000) })
    },
    async rotateKeys() {
      const { id } = await read<{ id: string }>('')
      const made = await call('POST', '/components', {
        name: `rsa-${Date.now()}`,
        parentId: id,
        providerId: 'rsa-generated',
        providerType: 'org.keycloak.keys.KeyProvider',
        config: { priority: [String(Math.floor(Date.now() / 1000))] },
      })
      keyComponents.push(made.headers.get('location')?.split('/').at(-1) as string)
    },
    async close() {
      for (const username of added) await call('DELETE', await pathOf(username))
      for (const id of keyComponents) await call('DELETE', `/components/${id}`)
    },
  }
}
