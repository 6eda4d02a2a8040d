import type { SigningKey } from '@munjigi/identity/issue'
import type { KeyRing } from '@munjigi/sealing/fernet'
import type { FastifyBaseLogger } from 'fastify'
import type { Kysely } from 'kysely'
import type { Tables } from '../tables.ts'
import {
  insertKey,
  type KeyRow,
  openKey,
  PURPOSES,
  type RefreshKey,
  type StoredKey,
  selectKeys,
} from './signing-key-rows.ts'

const RELOAD_MS = 60_000
const MAX_AGE_MS = 90 * 86_400_000

export interface SigningKeys {
  /** The key that signs access tokens now. */
  access(): Promise<SigningKey>
  /** The key that signs refresh tokens now. */
  refresh(): Promise<RefreshKey>
  findRefresh(kid: string): Promise<RefreshKey | undefined>
  /** The public keys of every access token that may still live, and of the key to come. */
  publicKeys(): Promise<{ keys: SigningKey['publicJwk'][] }>
  /** Makes new keys, which take over after 10 minutes. */
  rotate(): Promise<void>
  close(): void
}

interface SigningKeysDeps {
  db: Kysely<Tables>
  sealing: KeyRing
  log: FastifyBaseLogger
}

/** The platform's keys: in the database, sealed, shared by every process of this service, which reads them each minute. */
export function signingKeys({ db, sealing, log }: SigningKeysDeps): SigningKeys {
  const opened = new Map<string, StoredKey>()
  let loading: Promise<StoredKey[]> | undefined
  let loaded: StoredKey[] | undefined

  /** Newest first. */
  const load = async (): Promise<StoredKey[]> => {
    let rows = await selectKeys(db)
    for (const purpose of PURPOSES) {
      const newest = rows.find((row) => row.purpose === purpose)
      const isTooOld = newest !== undefined && newest.active_from.getTime() + MAX_AGE_MS < Date.now()
      if (newest !== undefined && !isTooOld) continue
      await insertKey(db, sealing, purpose, newest?.kid)
      log.info({ purpose }, newest === undefined ? 'first signing key made' : 'signing key rotated by age')
      rows = await selectKeys(db)
    }
    loaded = rows.map((row) => open(row))
    return loaded
  }
  const open = (row: KeyRow): StoredKey => {
    const known = opened.get(row.kid)
    if (known !== undefined) return known
    const entry = openKey(row, sealing)
    opened.set(row.kid, entry)
    return entry
  }
  const reload = (): Promise<StoredKey[]> => {
    loading ??= load().finally(() => {
      loading = undefined
    })
    return loading
  }
  const timer = setInterval(() => {
    // The keys at hand stay good; /readyz tells when the database is gone.
    reload().catch((error) => log.warn({ err: error }, 'signing keys not read'))
  }, RELOAD_MS).unref()
  const all = async () => loaded ?? (await reload())

  const current = async <P extends StoredKey['purpose']>(purpose: P) => {
    const found = (await all()).find((entry) => entry.purpose === purpose && entry.activeFrom.getTime() <= Date.now())
    if (found === undefined) throw new Error(`no ${purpose} key is active`)
    return found.key as Extract<StoredKey, { purpose: P }>['key']
  }
  const findRefresh = async (kid: string) => {
    const find = (keys: StoredKey[]) => keys.find(({ purpose, key }) => purpose === 'refresh' && key.kid === kid)?.key
    return (find(await all()) ?? find(await reload())) as RefreshKey | undefined
  }

  return {
    access: () => current('access'),
    refresh: () => current('refresh'),
    findRefresh,
    publicKeys: async () => ({
      keys: (await all()).flatMap((entry) => (entry.purpose === 'access' ? [entry.key.publicJwk] : [])),
    }),
    rotate: async () => {
      const rows = await selectKeys(db)
      for (const purpose of PURPOSES) {
        await insertKey(db, sealing, purpose, rows.find((row) => row.purpose === purpose)?.kid)
      }
      await reload()
    },
    close: () => clearInterval(timer),
  }
}
