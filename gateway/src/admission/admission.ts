import { KEY_SET_PATH } from '@munjigi/contracts/tokens'
import { platformIssuer, type TrustedIssuer } from '@munjigi/identity/issuers'
import { createVerifier } from '@munjigi/identity/verifier'
import type { Store } from '@munjigi/store/store'
import type { FastifyBaseLogger } from 'fastify'
import { askService } from '../forwarding/ask-service.ts'
import type { Upstreams } from '../forwarding/upstream.ts'
import type { RouteTable } from '../table/route-table.ts'
import type { ServiceSettings } from '../table/service-settings.ts'
import { hearAccessChanges } from './access-changes.ts'
import { createAccessRecords } from './access-records.ts'
import { type Authenticate, authenticator } from './authenticate.ts'
import { createExchanges } from './exchange.ts'
import { SocketRights } from './socket-rights.ts'
import { createUserService } from './user-service.ts'

const KEYS_TIMEOUT_MS = 3000

/** What our own tokens say of where they are from and for. */
export interface Platform {
  /** The gateway's public address. */
  issuer: string
  audience: string
}

interface AdmissionOptions {
  platform: Platform
  internalKey: string
  store: Store | undefined
  log: FastifyBaseLogger
  /** The current table. */
  table: () => RouteTable
  upstreams: Upstreams
  onKeyFetch: (issuer: string, outcome: 'ok' | 'failed') => void
}

export interface Admission {
  authenticate: Authenticate
  rights: SocketRights
  /** @throws Error until the keys of every issuer have been fetched once. */
  requireKeys(): void
  /** Takes over the issuers of a new table. */
  follow(table: RouteTable): void
  close(): Promise<void>
}

/** All that decides who may pass: issuers' keys, what user says of people, and what is remembered of both. */
export async function openAdmission(options: AdmissionOptions): Promise<Admission> {
  const { platform, internalKey, store, log, table, upstreams, onKeyFetch } = options
  // One function for all tables, so that a reload keeps the keys, even while user is away or moves.
  const loadKeys = () => loadPlatformKeys(upstreams, table().userService)
  const issuersOf = (next: RouteTable) => listIssuers(platform, next, loadKeys)
  const verifier = createVerifier({ issuers: issuersOf(table()), onKeyFetch })
  const user = createUserService({ find: () => table().userService, internalKey, log })
  const records = createAccessRecords({ user })
  const exchanges = createExchanges({ user, verifier })
  const changes = await hearAccessChanges({ store, records, exchanges, log })
  const authenticate = authenticator({ verifier, records, exchanges, platformIssuer: platform.issuer })
  const rights = new SocketRights({ authenticate, changes })
  return {
    authenticate,
    rights,
    requireKeys() {
      const missing = verifier.status().find(({ fetched_at }) => fetched_at === undefined)
      if (missing !== undefined) throw new Error(`no keys of ${missing.issuer}`)
    },
    follow: (next) => verifier.replaceIssuers(issuersOf(next)),
    async close() {
      rights.close()
      verifier.close()
      await Promise.all([changes.close(), user.close()])
    },
  }
}

/** The issuers of a table with our own first; its keys are asked for where user stands, by the authority of its table entry. */
function listIssuers(
  { issuer, audience }: Platform,
  { userService, issuers }: RouteTable,
  loadKeys: () => Promise<{ keys: object[] }>,
): TrustedIssuer[] {
  if (userService === undefined) return [...issuers]
  const own = platformIssuer({ issuer, audience, jwksUri: KEY_SET_PATH })
  return [{ ...own, loadKeys }, ...issuers]
}

async function loadPlatformKeys(
  upstreams: Upstreams,
  service: ServiceSettings | undefined,
): Promise<{ keys: object[] }> {
  if (service === undefined) throw new Error('no module auth')
  const { status, text } = await askService(upstreams.of(service), KEY_SET_PATH, KEYS_TIMEOUT_MS)
  if (status !== 200) throw new Error(`status ${status}`)
  return JSON.parse(text) as { keys: object[] }
}
