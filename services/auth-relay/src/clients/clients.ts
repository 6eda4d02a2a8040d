import { readFileSync, statSync } from 'node:fs'
import { followFile } from '@munjigi/env/followed-file'
import type { Environment } from '@munjigi/env/variables'
import { type OpenIdProvider, openIdProvider } from '@munjigi/identity/openid-provider'
import type { FastifyBaseLogger } from 'fastify'
import { enableNonRepudiationChecks } from 'openid-client'
import { normalAddress } from '../addresses/address.ts'
import type { RelaySettings } from '../settings.ts'
import type { ClientEntry } from './client-entry.ts'
import { ClientsFileError, parseClients } from './clients-file.ts'

const MAX_BYTES = 1024 * 1024
const PROVIDER_TIMEOUT_S = 5

/** A chatbot that may ask for logins, and the client it is at its identity provider. */
export interface RelayClient {
  key: string
  issuer: string
  clientId: string
  provider: OpenIdProvider
  redirectUri: string
  scope: string
  /** Normalised. */
  callbackUrls: ReadonlySet<string>
  /** Paths, each with all below it. */
  redirectAfter: readonly string[]
  hmacSecret: string
  /** By which it signs what it asks for; without one it is believed. */
  issueSecret: string | undefined
  /** Whether a page stands before the login. */
  confirm: boolean
  unlinkUrl: string | undefined
}

export interface RelayClients {
  find(key: string): RelayClient | undefined
  list(): RelayClient[]
  close(): void
}

interface ClientsOptions {
  path: string
  settings: RelaySettings
  environment: Environment
  log: Pick<FastifyBaseLogger, 'info' | 'warn' | 'error'>
}

/**
 * The clients of a clients.json, followed while it changes; a file that is not usable leaves the last good one in place.
 * @throws ClientsFileError where the first reading fails
 */
export function createRelayClients({ path, settings, environment, log }: ClientsOptions): RelayClients {
  const take = (text: string) => {
    const entries = parseClients(text, settings, environment)
    log.info({ file: path, clients: entries.size }, 'clients file loaded')
    for (const [client, { confirm, issue_secret }] of entries) {
      if (confirm === false) log.warn({ client }, 'logins of this client begin without the page that warns the person')
      if (issue_secret === undefined) log.warn({ client }, 'anybody may ask for login links of this client')
    }
    return new Map([...entries].map(([key, entry]) => [key, relayClient(key, entry, settings)]))
  }
  const text = readClientsText(path)
  let clients = take(text)

  const followed = followFile({
    path,
    text,
    read: () => readIfPossible(path),
    load(found) {
      try {
        clients = take(found ?? readClientsText(path))
        return true
      } catch (error) {
        const faults = error instanceof ClientsFileError ? error.faults : [(error as Error).message]
        for (const fault of faults) log.error({ file: path, fault }, 'clients file has a fault')
        log.error({ file: path }, 'clients file refused, the last good one stays')
        return false
      }
    },
    onUnwatched: ({ message }) => log.warn({ file: path, error: message }, 'clients file is only polled'),
  })
  return { find: (key) => clients.get(key), list: () => [...clients.values()], close: followed.close }
}

/** @throws ClientsFileError */
function readClientsText(path: string): string {
  try {
    if (statSync(path).size <= MAX_BYTES) return readFileSync(path, 'utf8')
  } catch (error) {
    throw new ClientsFileError([`CLIENTS_FILE ${path} cannot be read: ${(error as Error).message}`])
  }
  throw new ClientsFileError(['the file is larger than 1 MB'])
}

function readIfPossible(path: string): string | undefined {
  try {
    return readClientsText(path)
  } catch {
    return undefined
  }
}

function relayClient(key: string, entry: ClientEntry, { hmacSecret }: RelaySettings): RelayClient {
  const { issuer, client_id, client_secret, server_url, realm } = entry
  const reachedAt = `${server_url.replace(/\/+$/, '')}/realms/${encodeURIComponent(realm)}`
  return {
    key,
    issuer,
    clientId: client_id,
    provider: openIdProvider({
      issuer,
      clientId: client_id,
      clientSecret: client_secret,
      timeoutS: PROVIDER_TIMEOUT_S,
      execute: [enableNonRepudiationChecks],
      ...(reachedAt !== issuer && { reachedAt: { from: issuer, to: reachedAt } }),
    }),
    redirectUri: entry.redirect_uri,
    scope: entry.scope,
    callbackUrls: new Set(entry.callback_url_allowlist.flatMap((url) => normalAddress(url) ?? [])),
    redirectAfter: entry.redirect_after_allowlist ?? [],
    hmacSecret: entry.hmac_secret ?? hmacSecret,
    issueSecret: entry.issue_secret,
    confirm: entry.confirm ?? true,
    unlinkUrl: entry.unlink_url,
  }
}
