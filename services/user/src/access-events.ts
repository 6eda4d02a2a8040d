import { ACCESS_CHANNEL, type AccessMessage, type PrincipalName } from '@munjigi/contracts/access'
import type { Store } from '@munjigi/store/store'
import type { FastifyBaseLogger } from 'fastify'
import type { Kysely } from 'kysely'
import type { Tables } from './tables.ts'

export interface AccessEvents {
  /** To be called after the commit that changed a person: sends one message per name of theirs. Never throws. */
  personChanged(sub: string): Promise<void>
  /** To be called after the commit that revoked an API key: gateways stop accepting it. Never throws. */
  keyRevoked(key_id: string): Promise<void>
  /** To be called after the commit that changed many people: every gateway forgets all of them. Never throws. */
  allChanged(): Promise<void>
}

interface AccessEventsDeps {
  db: Kysely<Tables>
  store: Pick<Store, 'publish'>
  platformIssuer: string
  log: FastifyBaseLogger
}

export function accessEvents({ db, store, platformIssuer, log }: AccessEventsDeps): AccessEvents {
  // A lost message is no lost change: gateways ask again within 5 s.
  const tell = async (messages: () => Promise<AccessMessage[]>, subject?: string) => {
    try {
      const texts = (await messages()).map((message) => JSON.stringify(message))
      await Promise.all(texts.map((text) => store.publish(ACCESS_CHANNEL, text)))
    } catch (error) {
      log.error({ err: error, subject }, 'access change not announced')
    }
  }
  return {
    personChanged: (sub) => tell(() => listNames(db, platformIssuer, sub), sub),
    keyRevoked: (key_id) => tell(async () => [{ key_id }]),
    allChanged: () => tell(async () => [{ all: true }]),
  }
}

/** Every name of a person, the platform's own first. */
async function listNames(db: Kysely<Tables>, platformIssuer: string, sub: string): Promise<PrincipalName[]> {
  return [{ issuer: platformIssuer, sub }, ...(await selectOtherNames(db, platformIssuer, sub).execute())]
}

export const selectOtherNames = (db: Kysely<Tables>, platformIssuer: string, sub: string) =>
  db
    .selectFrom('person_names')
    .select(['issuer', 'sub'])
    .where('person_sub', '=', sub)
    .where('issuer', '<>', platformIssuer)
