import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Administration, administration } from './administration.ts'
import type { Idp } from './idp.ts'
import { openKeys } from './keys.ts'
import { logins } from './logins.ts'
import { people } from './people.ts'
import { readRealm } from './realm.ts'
import { openRecords } from './records.ts'
import { router } from './router.ts'
import { tokens } from './tokens.ts'

interface DevIdpOptions {
  realmFile: string
  /** 0: any free one. */
  port: number
  /** Keys and sign-ins live on in here; without it they end with the process. */
  directory?: string
  /** What replaces `${NAME}` in the realm file. */
  variables?: Record<string, string | undefined>
}

export interface DevIdp extends Administration {
  issuer: string
  url: string
  close(): Promise<void>
}

/** Serves a Keycloak realm file over plain HTTP, for development and tests: Keycloak's paths, claims and refusals. */
export async function startDevIdp(options: DevIdpOptions): Promise<DevIdp> {
  const realm = readRealm(options.realmFile, options.variables)
  const records = openRecords(options.directory)
  const keys = await openKeys(realm.realm, options.directory)
  // Whoever keeps a connection closes it: closed here after a pause of the process, it would fail the request just sent.
  const server = createServer({ keepAliveTimeout: 0 })
  await listen(server, options.port)
  const url = `http://localhost:${(server.address() as AddressInfo).port}`
  const issuer = `${url}/realms/${realm.realm}`
  const idp: Idp = {
    issuer,
    realm,
    people: people(realm),
    logins: logins(records, realm),
    keys,
    tokens: tokens(issuer, realm, keys),
    records,
  }
  server.on('request', router(idp))

  return {
    issuer,
    url,
    ...administration(idp),
    async close() {
      const closed = new Promise((done) => server.close(done))
      server.closeAllConnections()
      await closed
      records.close()
    },
  }
}

const listen = (server: Server, port: number) =>
  new Promise<void>((listening, failed) => server.once('error', failed).listen(port, '127.0.0.1', listening))
