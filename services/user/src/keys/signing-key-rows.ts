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
import { type Kysely, sql } from 'kysely'
import type { Tables } from '../tables.ts'

/** A new key is published this long before it signs: longer than any key set of ours is cached. */
const LEAD_MS = 10 * 60_000
/** The first key signs at once in every process, also in one whose clock is behind. */
const CLOCK_SKEW_MS = 60_000

export interface RefreshKey {
  kid: string
  secret: KeyObject
}

export type KeyRow = Pick<Tables['signing_keys'], 'kid' | 'purpose' | 'private_sealed' | 'active_from'>
export type StoredKey = { activeFrom: Date } & (
  | { purpose: 'access'; key: SigningKey }
  | { purpose: 'refresh'; key: RefreshKey }
)

export const PURPOSES = ['access', 'refresh'] as const
const placeOf = (kid: string) => `signing-keys:${kid}`

/** @throws Error where the ring does not open the key, or it was sealed for another row. */
export function openKey(row: KeyRow, sealing: KeyRing): StoredKey {
  const text = sealing.open(row.private_sealed, placeOf(row.kid))
  if (row.purpose === 'refresh') {
    const key = { kid: row.kid, secret: createSecretKey(Buffer.from(text, 'base64url')) }
    return { activeFrom: row.active_from, purpose: 'refresh', key }
  }
  const privateKey = createPrivateKey(text)
  const key = signingKeyOf(privateKey, createPublicKey(privateKey))
  return { activeFrom: row.active_from, purpose: 'access', key }
}

export const selectKeys = (db: Kysely<Tables>): Promise<KeyRow[]> =>
  db
    .selectFrom('signing_keys')
    .select(['kid', 'purpose', 'private_sealed', 'active_from'])
    .orderBy('active_from', 'desc')
    .orderBy('created_at', 'desc')
    .execute()

/** Adds a key after `newestKid`, unless another process already has: of several, one does. */
export async function insertKey(
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
