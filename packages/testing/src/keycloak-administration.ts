import type { Administration } from '@munjigi/dev-idp/administration'

interface Keycloak {
  /** Without a slash at its end. */
  url: string
  realm: string
  admin: string
  password: string
}

/** A real Keycloak's admin API behind the interface that dev-idp has; `close` takes back people and keys it added. */
export function keycloakAdministration(keycloak: Keycloak): Administration & { close(): Promise<void> } {
  const added = new Set<string>()
  const keyComponents: string[] = []
  const call = (method: string, path: string, body?: unknown) => adminCall(keycloak, method, path, body)

  const find = async (username: string): Promise<string> => {
    const users = await call('GET', `/users?exact=true&username=${encodeURIComponent(username)}`)
    const [user] = (await users.json()) as { id: string }[]
    if (user === undefined) throw new Error(`the realm has no ${username}`)
    return user.id
  }
  const setEnabled = async (username: string, enabled: boolean) => {
    const path = `/users/${await find(username)}`
    // A PUT replaces the person whole: what is left out is lost.
    const user = (await (await call('GET', path)).json()) as object
    await call('PUT', path, { ...user, enabled })
  }
  const grant = async (userId: string, path: string, mapping: string) => {
    const role = await (await call('GET', path)).json()
    await call('POST', `/users/${userId}/role-mappings/${mapping}`, [role])
  }
  const grantClientRoles = async (userId: string, clientId: string, names: string[]) => {
    const [client] = (await (await call('GET', `/clients?clientId=${clientId}`)).json()) as { id: string }[]
    for (const name of names) await grant(userId, `/clients/${client?.id}/roles/${name}`, `clients/${client?.id}`)
  }

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
      await call('DELETE', `/users/${await find(username)}`)
      added.delete(username)
    },
    async endSessions(username) {
      await call('POST', `/users/${await find(username)}/logout`)
    },
    async rotateKeys() {
      const { id } = (await (await call('GET', '')).json()) as { id: string }
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
      for (const username of added) await call('DELETE', `/users/${await find(username)}`)
      for (const id of keyComponents) await call('DELETE', `/components/${id}`)
    },
  }
}

async function adminCall({ url, realm, admin, password }: Keycloak, method: string, path: string, body?: unknown) {
  // Asked for anew each time: an admin token lives for a minute.
  const answer = await fetch(`${url}/realms/master/protocol/openid-connect/token`, {
    method: 'POST',
    body: new URLSearchParams({ grant_type: 'password', client_id: 'admin-cli', username: admin, password }),
  })
  const { access_token } = (await answer.json()) as { access_token: string }
  const response = await fetch(`${url}/admin/realms/${realm}${path}`, {
    method,
    headers: { authorization: `Bearer ${access_token}`, 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  if (!response.ok)
    throw new Error(`Keycloak answered ${method} ${path} with ${response.status}: ${await response.text()}`)
  return response
}
