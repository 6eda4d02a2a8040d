import { connect, type Database } from '@munjigi/db/connect'
import { type VerifierEnv, verifierFromEnv } from '@munjigi/identity/service-verifier'
import type { Verifier } from '@munjigi/identity/verifier'
import { connectStore } from '@munjigi/store/connect'
import type { Store } from '@munjigi/store/store'
import type { FastifyInstance } from 'fastify'

/** What a host gives its services; all of it ends with the host, after them. */
export interface HostParts {
  app: FastifyInstance
  databaseAt(url: string): Database
  /** One connection for one address, whoever names it. */
  storeAt(url: string): Store
  verifierOf(service: string, env: VerifierEnv): Verifier
}

export function hostParts(app: FastifyInstance): HostParts {
  const databases: Database[] = []
  const stores = new Map<string, Store>()
  const verifiers: Verifier[] = []
  app.addHook('onClose', async () => {
    for (const verifier of verifiers) verifier.close()
    await Promise.all([...databases, ...stores.values()].map((it) => it.close()))
  })
  return {
    app,
    databaseAt(url) {
      const database = connect(url)
      databases.push(database)
      return database
    },
    storeAt(url) {
      const store = stores.get(url) ?? connectStore(url)
      stores.set(url, store)
      return store
    },
    verifierOf(service, env) {
      const verifier = verifierFromEnv(env)
      verifiers.push(verifier)
      // User may be a neighbour in this very process, which has its keys to give only once it listens.
      app.addReadyCheck(`${service}-platform-keys`, async () => requireKeys(verifier, env.PLATFORM_ISSUER))
      return verifier
    },
  }
}

function requireKeys(verifier: Verifier, issuer: string): void {
  const keys = verifier.status().find((status) => status.issuer === issuer)
  if (keys?.fetched_at === undefined) throw new Error('the keys of the user service were never had')
}
