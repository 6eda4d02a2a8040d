/** A running Keycloak and who administers it. */
export interface Keycloak {
  /** Without a slash at its end. */
  url: string
  admin: string
  password: string
}

/** Sends a request to `/admin/realms` + path. @throws Error naming status and body unless the answer is a success. */
export async function callAdminApi(keycloak: Keycloak, method: string, path: string, body?: unknown) {
  // Asked for anew each time: an admin token lives for a minute.
  const answer = await fetch(`${keycloak.url}/realms/master/protocol/openid-connect/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'password',
      client_id: 'admin-cli',
      username: keycloak.admin,
      password: keycloak.password,
    }),
  })
  const { access_token } = (await answer.json()) as { access_token: string }
  const response = await fetch(`${keycloak.url}/admin/realms${path}`, {
    method,
    headers: { authorization: `Bearer ${access_token}`, 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  if (!response.ok)
    throw new Error(`Keycloak answered ${method} ${path} with ${response.status}: ${await response.text()}`)
  return response
}
