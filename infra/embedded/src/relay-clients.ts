import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

interface Given {
  issuer: string
  clientId: string
  issueSecret: string
  /** Of the host of all services. */
  url: string
}

/** Writes the clients.json of a house, with its chatbot in it, and says where; the relay follows it while the house stands. */
export function writeRelayClients(folder: string, { issuer, clientId, issueSecret, url }: Given): string {
  const file = join(folder, 'clients.json')
  const [, server, realm] = /^(.*\/)realms\/([^/]+)$/.exec(issuer) ?? []
  const clients = {
    'kakao-bot': {
      server_url: server,
      realm,
      client_id: clientId,
      redirect_uri: '{BASE_URL}/oidc/callback',
      issuer,
      scope: 'openid profile email offline_access',
      issue_secret: issueSecret,
      callback_url_allowlist: [`${url}/api/kakao-bot/users/callback`],
      // The only page of the gateway's own.
      redirect_after_allowlist: ['/docs'],
      unlink_url: `${url}/api/kakao-bot/users/unlink`,
    },
  }
  writeFileSync(file, JSON.stringify(clients, undefined, 2), { mode: 0o600 })
  return file
}
