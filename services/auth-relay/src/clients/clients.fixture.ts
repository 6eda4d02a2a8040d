import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RelaySettings } from '../settings.ts'
import type { ClientEntry } from './client-entry.ts'
import { createRelayClients, type RelayClients } from './clients.ts'

/** A client whose identity provider is never asked. */
export const entryOf = (change: Partial<ClientEntry> = {}): ClientEntry => ({
  server_url: 'https://auth.example.com/',
  realm: 'example',
  issuer: 'https://auth.example.com/realms/example',
  client_id: 'bot',
  client_secret: 'of-the-idp',
  redirect_uri: '{BASE_URL}/oidc/callback',
  scope: 'openid offline_access',
  callback_url_allowlist: ['https://bot.example.com/users/callback'],
  ...change,
})

/** Clients from a clients.json of their own, which goes when they are closed. */
export function clientsOf(settings: RelaySettings, entries: Record<string, ClientEntry>): RelayClients {
  const folder = mkdtempSync(join(tmpdir(), 'munjigi-clients-'))
  const path = join(folder, 'clients.json')
  writeFileSync(path, JSON.stringify(entries))
  const log = { info() {}, warn() {}, error() {} }
  const clients = createRelayClients({ path, settings, environment: {}, log })
  return {
    ...clients,
    close() {
      clients.close()
      rmSync(folder, { recursive: true })
    },
  }
}
