import {
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  type KeyObject,
  randomBytes,
  randomUUID,
} from 'node:crypto'
import { createSigningKey, type SigningKey, signingKeyOf } from '@munjigi/identity/issue'
import type { KeyRing } from '@munjigi/sealing/fernet'
import type { FastifyBaseLogger } from 'fastify'
import { type Kysely, sql } from 'kysely'
import type { Tables } from './tables.ts'

/** A new key is published this long before it signs: longer than any key set of ours is cached. */
const LEAD_MS = 10 * 60_000
/** The first key signs at once in every process, also in one whose clock is behind. */
const CLOCK_SKEW_MS = 60_000
const RELOAD_MS = 60_000
const MAX_AGE_MS = 90 * 86_400_000

export interface RefreshKey {
  kid: string
  secret: KeyObject
}

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

type Row = Pick<Tables['signing_keys'], 'kid' | 'purpose' | 'private_sealed' | 'active_from'>
type Loaded = { activeFrom: Date } & ({ purpose: 'access'; key: SigningKey } | { purpose: 'refresh'; key: RefreshKey })

const PURPOSES = ['access', 'refresh'] as const
const placeOf = (kid: string) => `signing-keys:${kid}`

/** The platform's keys: in the database, sealed, shared by every process of this service, which reads them each minute. */
export function signingKeys({ db, sealing, log }: SigningKeysDeps): SigningKeys {
  const opened = new Map<string, Loaded>()
  let loading: Promise<Loaded[]> | undefined
  let loaded: Loaded[] | undefined

  /** Newest first. */
  const load = async (): Promise<Loaded[]> => {
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
  const open = (row: Row): Loaded => {
    const known = opened.get(row.kid)
    if (known !== undefined) return known
    const text = sealing.open(row.private_sealed, placeOf(row.kid))
    const entry = { activeFrom: row.active_from, ...keyFrom(row, text) }
    opened.set(row.kid, entry)
    return entry
  }
  const reload = (): Promise<Loaded[]> => {
    loading ??= load().finally(() => {
      loading = undefined
    })
    return loading
  }
  const timer = setInterval(() => {
    // The keys at hand stay good; a database that is gone is told by /readyz.
    reload().catch((error) => log.warn({ err: error }, 'signing keys not read'))
  }, RELOAD_MS).unref()
  const all = async () => loaded ?? (await reload())

  const current = async <P extends Loaded['purpose']>(purpose: P) => {
    const found = (await all()).find((entry) => entry.purpose === purpose && entry.activeFrom.getTime() <= Date.now())
    if (found === undefined) throw new Error(`no ${purpose} key is active`)
    return found.key as Extract<Loaded, { purpose: P }>['key']
  }
  const findRefresh = async (kid: string) => {
    const find = (keys: Loaded[]) => keys.find(({ purpose, key }) => purpose === 'refresh' && key.kid === kid)?.key
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

const selectKeys = (db: Kysely<Tables>): Promise<Row[]> =>
  db
    .selectFrom('signing_keys')
    .select(['kid', 'purpose', 'private_sealed', 'active_from'])
    .orderBy('active_from', 'desc')
    .orderBy('created_at', 'desc')
    .execute()

/** Adds a key after `newestKid`, unless another process already did: of many one adds. */
async function insertKey(
  db: Kysely<Tables>,
  sealing: KeyRing,
  purpose: 'access' | 'refresh',
  newestKid: string | undefined,
): Promise<void> {
  const { kid, text } = purpose === 'access' ? await newAccessKey() : newRefreshKey()
  await db.transaction().execute(async (trx) => {
    await sql`lock table users.signing_keys in share row exclusive mode`.execute(trx)
    const newest = (await selectKeys(trx)).find((row) => row.purpose === purpose)
    if (newest?.kid !== newestKid) return
    await trx
      .insertInto('signing_keys')
      .values({
        kid,
        purpose,
        private_sealed: sealing.seal(text, placeOf(kid)),
        active_from: new Date(Date.now() + (newest === undefined ? -CLOCK_SKEW_MS : LEAD_MS)),
      })
      .execute()
  })
}

async function newAccessKey() {
  const { kid, privateKey } = await createSigningKey()
  return { kid, text: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() }
}

const newRefreshKey = () => ({ kid: randomUUID(), text: randomBytes(32).toString('base64url') })

function keyFrom(row: Row, text: string) {
  if (row.purpose === 'refresh') {
    const key = { kid: row.kid, secret: createSecretKey(Buffer.from(text, 'base64url')) }
    return { purpose: 'refresh' as const, key }
  }
  const privateKey = createPrivateKey(text)
  return { purpose: 'access' as const, key: signingKeyOf(privateKey, createPublicKey(privateKey)) }
}
